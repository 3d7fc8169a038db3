# What docs/endpoints.md tells an administrator to do, through RT's own Perl interface. Prints three tokens: two of
# accounts that see what they asked for alone, and the keeper's.
use strict;
use warnings;
use RT;
RT->LoadConfig;
RT->Init;
require RT::AuthToken;

sub done { my ($ok, $message) = @_; die "$message\n" unless $ok; return $ok }

my $system = RT->SystemUser;
my $queue = RT::Queue->new($system);
done($queue->Load('General'), 'no queue');

my $field = RT::CustomField->new($system);
done($field->Create(Name => 'SendlogsBundle', Type => 'FreeformSingle', LookupType => 'RT::Queue-RT::Ticket'));
done($field->AddToObject($queue));

my $requestors = $queue->RoleGroup('Requestor');
done($requestors->PrincipalObj->GrantRight(Right => $_, Object => $queue)) for qw(ShowTicket ReplyToTicket);

sub token_of {
    my ($user) = @_;
    my ($ok, $message, $token) = RT::AuthToken->new($system)->Create(Owner => $user->Id, Description => 'sendlogs');
    done($ok, $message);
    return $token;
}

for my $name ('device-1', 'device-2') {
    my $user = RT::User->new($system);
    done($user->Create(Name => $name, EmailAddress => "$name\@rt.test", Privileged => 1));
    done($user->PrincipalObj->GrantRight(Right => $_, Object => $queue)) for qw(SeeQueue CreateTicket);
    done($user->PrincipalObj->GrantRight(Right => $_, Object => $field)) for qw(SeeCustomField SetInitialCustomField);
    print token_of($user), "\n";
}
my $keeper = RT::User->new($system);
$keeper->Load('root');
print token_of($keeper), "\n";
