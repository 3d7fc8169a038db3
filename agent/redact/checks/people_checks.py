"""Accounts and mailboxes of people, told apart from those that every machine has and from words of a sentence."""

from __future__ import annotations

import re
from functools import lru_cache

from agent.redact.checks.doers import is_done_by_things, is_no_doer, is_of_program
from agent.redact.checks.host_checks import is_likely_host, is_login_host
from agent.redact.checks.host_names import FILE_ENDINGS
from agent.redact.checks.principals import begins_principal, is_entry, is_principal
from agent.redact.checks.things import NO_ACCOUNTS, NO_NAMES, ORGANISATIONS

# Accounts that every machine of a kind has: they name nobody, and support needs to see them.
COMMON_ACCOUNTS = frozenset(
    b"root admin administrator administrators guest user users username nobody nogroup daemon system localsystem "
    b"service public default defaultuser0 defaultapppool wdagutilityaccount shared all none null nil undefined "
    b"unknown anonymous local localservice networkservice network nt authority builtin everyone self me you it is "
    b"was has had not no yes the a an and or of for from in on by to at with as id ids name names true false test "
    b"tester testing www www-data http https apache httpd nginx postgres mysql mariadb redis mongodb ftp mail "
    b"postfix sshd ssh dbus messagebus syslog ntp zookeeper hadoop hdfs yarn spark kafka cassandra elasticsearch "
    b"jboss tomcat wildfly gitlab rabbitmq consul vault chrony nfs bin sys sync games man lp news uucp proxy "
    b"backup list irc gnats operator wheel staff adm sudo su pulse avahi polkitd systemd systemd-network systemd- "
    b"resolve systemd-timesync rtkit colord gdm lightdm sddm kernel cron crond docker git jenkins vagrant ubuntu "
    b"debian centos fedora ec2-user linuxbrew pi app application server client host agent account accounts login logon "
    b"logged logout session sessions password passwd token email mail-address group groups role roles type data "
    b"info error failed failure success invalid valid missing required denied allowed exists agent current "
    b"currentuser owner author creator sender principal person member manager profile profiles settings config "
    b"does can cannot could will would should must may mode space land level key agents-service input activity "
    b"interface unit units slice manager-service runtime process processes file files directory folder home "
    b"requests request response count total number limit size time timeout interrupt-driven cancelled canceled "
    b"canceling changed clicked expired locked disabled unlocked suspended deactivated opened closed added removed "
    b"created deleted updated selected needs wants pid tid uid gid thread main remote saved authenticating pooled "
    b"sqlexpress rabbit ejabberd emqx couchdb celery apc ups deploy migrating migrated reverting reverted action "
    b"actions edits changes modifications integration part shell boolean executing if enable add renamed "
    b"deprecated duplicate wontfix fixed resolved completed done support desk hotline windows trustedinstaller "
    b"unauthorized unauthorised forbidden rejected refused aborted unauthenticated unreachable unavailable unsupported "
    b"incomplete cleaning console dcui vpxuser vordefiniert sign_in sign_up sign_out nicht pas nie nem "
    b"administratoren administrateur administrateurs administrador administradores gast invitado jeder "
    b"netzwerkdienst lokaler attempted attempts your".split()
)
# What starts, locks, closes and approves things and is no account: "started by timer", "locked by another process".
# Behind "users/" in the address of a request: what is asked of all of them.
_NO_ACCOUNTS = frozenset(
    b"raw qcow2 vmdk "
    b"timer scheduler schedule trigger upstream downstream webhook push installer updater watchdog quorum majority "
    b"consensus peer peers garbage gc another other others someone anyone somebody anybody policy parent child caller "
    b"supervisor orchestrator controller hand mistake accident design incorrect wrong bad too many few both several "
    b"multiple single one two any each every some script job command hook event change commit merge pull branch tag "
    b"pipeline workflow build rest cli web browser plugin module driver hypervisor firmware bios hardware interrupt "
    b"signal exception oom killer lease leader leadership vote voters reviewer reviewers maintainer maintainers "
    b"moderator moderators bot automation automated automatic automatically migration replication compaction cleanup "
    b"reaper janitor expiry ttl retention antivirus firewall dispatcher monitor heartbeat health probe gateway router "
    b"middleware filter interceptor handler listener observer external internal upper lower transaction statement "
    b"index table rule rules reason code mutex lock locks spinlock writer reader reload restart reboot shutdown "
    b"disconnected connected aborted inactivity maximum search export exports import imports lookup query bulk batch "
    b"suggest autocomplete validate verify register signup signin invite preferences permissions avatars device "
    b"tenant realm display mismatch details api security path resource page screen object entity cluster connection "
    b"backend frontend endpoint url domain localhost microsoft google apple mozilla canonical oracle intel amd "
    b"sign_in sign_out sign_up sign-in sign-out sign-up log_in log_out log-in log-out confirmation unlock edit new "
    b"forgot_password reset_password forgot-password reset-password current_user web_profile_info omniauth auth "
    b"acl acls configuration ratelimiter ratelimit modsecurity waf selinux apparmor seccomp "
    b"chauthtok setcred cleartext skey nopassword private redacted hidden "
    b"rejected accepted console getty agetty terminal tty enabled contains equals equal less greater between".split()
)
# Accounts of programs: support asks which one it was, and nobody's name is in it.
_SERVICE_ACCOUNT = re.compile(
    rb"(?:^|[-_.])(?:users?|svc|service|bot|apps?|admin|agent|daemon|job|worker|runner|teams?|ro|rw|readonly|readwrite|reader|writer|"
    rb"reports?|reporting|backup|deploy|deployer|ci|cd|db|dba|sa|test|prod|dev|staging|monitor|monitoring|replica|replicator)\d*\Z"
)
# What stands beside the folders of people in Windows.
_FOLDERS_OF_ALL = (b"all users", b"default user", b"all users.windows", b"default.migrated")
_ENDS_OF_FILES = tuple(b".7z .zip .gz .tar .log .txt .csv .json .xml .exe .dll .jar".split())
_REVERSED_DOMAINS = (b"com.", b"org.", b"net.", b"io.", b"java.", b"system.", b"microsoft.")  # of programs
_ADDRESS_LIKE = re.compile(rb"[\d.:]+\Z")
_THREAD = re.compile(
    rb"(?:main|qtp\d|pool-|\w*-?exec-?\d|\w*thread\b|\w*thread-?\d|scheduling-|worker-\d|task-\d|http-nio|forkjoin|nio-|grpc-|netty|"
    rb"[a-z]+[A-Z]?[\w-]*-thread-)",
)
_IDENTIFIER = re.compile(
    rb"[a-z]+(?:[A-Z][a-z]+){2,}\Z|"  # maxTaskFailures
    rb"[a-z]+(?:Token|Secret|Key|Id|ID|Url|Uri|URL|Name|Type|Error)\Z|"  # apiToken
    rb"[A-Z][a-z]+(?:[A-Z][a-z]+)*(?:Service|Repository|Controller|Model|Entity|Dto|Props|Schema|Type|Input|Details|"
    rb"User)\Z|"
    rb"(?:19|20)\d\d-[01]\d-[0-3]\d\Z|[0-3]?\d-[A-Z][a-z]{2}-(?:19|20)\d\d\Z|"  # Last logon: 2025-06-11
    rb"(?:DWM|UMFD)-\d{1,3}\Z|"
    rb"(?:eth|wlan|bond|tun|tap|cpu|gpu|core|node|slot|shard|vlan|queue|rank|pool|pod)[-_]?\d{1,4}\Z"  # to slot4
)
# A column of a table of SQL: u.id, b.user_id, s.login
_COLUMN = re.compile(
    rb"[a-z_]\w{0,30}\.(?:id|uid|login|user|username|userid|name|owner|author|email|[a-z]+(?:_[a-z]+)*_(?:id|name|by))\Z"
)
_JOB_NUMBER = re.compile(rb"_\d{6,}")  # job_1445144423722_0020
_STATUS = re.compile(
    rb"(?:error|success|failure|warning|status)\.[a-z_]+(?:\.[a-z_]+)*\Z"
)  # error.login.reason.network
_OF_RELEASE = re.compile(
    rb"[\w .-]{0,40}\\*[\"'],\s{0,3}\\*[\"']version\\*[\"']"
)  # "creator":{"name":"x","version":"1"}, of a program


_CLASS_NAME = re.compile(rb"[a-z]\.(?:[A-Z][a-z0-9]+)+(?:er|or)\Z")  # output.FileCommitter: …


def is_account(value: bytes, match: re.Match[bytes]) -> bool:
    """A log-in name of a person: not one that every machine has, not a number, a path or a flag."""
    if not _is_name(value):
        return False
    lines, start = match.string, match.start()
    if begins_principal(value, lines, match.end(match.lastindex or 0)) or _is_of_release(match):
        return False
    # Looked for only where it can be: the expression would be tried at each letter of what is in front.
    ending = lines[start - 2 : start].lower()
    if ending == b"by":
        return not is_no_doer(value, lines, start)
    return ending not in (b"er", b"or") or not _CLASS_NAME.search(lines, max(0, start - 80), start)


def _is_of_release(match: re.Match[bytes]) -> bool:
    """A version behind it in the same object: the name of a program, as a HAR file tells what made it."""
    return _OF_RELEASE.match(match.string, match.end(match.lastindex or 0)) is not None


@lru_cache(maxsize=2**12)  # the same few people are in a log again and again
def _is_name(value: bytes) -> bool:
    name = value.lower().strip(b" .")
    if (
        name in COMMON_ACCOUNTS
        or name in _NO_ACCOUNTS
        or name in NO_ACCOUNTS
        or is_principal(name)
        or name.isdigit()
        or len(name) < 2
        or name.startswith((b"0x", b"user-", b"systemd-", b"[redacted"))
    ):
        return False
    if name in _FOLDERS_OF_ALL or name.startswith(b"s-1-"):
        return False  # the second is a SID, which has a rule of its own
    if _ADDRESS_LIKE.match(name) or _SERVICE_ACCOUNT.search(name) or _JOB_NUMBER.search(name) or _THREAD.match(name):
        return False
    if name.endswith(_ENDS_OF_FILES) or _IDENTIFIER.match(value.strip()) or _COLUMN.match(name) or _STATUS.match(name):
        return False
    if name.startswith(_REVERSED_DOMAINS) or is_of_program(value):
        return False
    return name[:1].isalnum() or name[:1] >= b"\x80"  # macOS marks accounts of services with an underscore


_USER_INFORMATION = re.compile(
    rb":(?:\\{0,3}/){2}[^\s/@\"]{0,100}:[^\s/@\"]{0,100}(?:@(?:[^\s/@\"?,;|&]|&(?!\w{1,20}=)){0,100}){0,8}\Z"
)


_AT = re.compile(rb"@|%(?:25)?40|\\+[ux](?:00)?40|&#(?:64|[xX]40);|&commat;|\xef\xbc\xa0|=40(?=[\w-]+\.)")
_NOBODYS = (b"noreply@github.com", b"anonymous@anonymous.invalid")  # RFC 3323 section 4.1.1.3
_PROTOCOL_DOMAINS = (b"openssh.com", b"libssh.org", b"putty.projects.tartarus.org", b"ssh.com", b"lysator.liu.se")


def is_mail(value: bytes, match: re.Match[bytes]) -> bool:
    """A mailbox: the domain is no version, no file, no documentation address of git and no name of a cipher."""
    if value.startswith(b"git@") or value.lower() in _NOBODYS:
        return False  # an address of a repository, or of a caller without a name: everybody's account
    before = match.string[max(0, match.start(match.lastindex or 0) - 200) : match.start(match.lastindex or 0)]
    if _USER_INFORMATION.search(before):
        return False  # the password and the host of an address: both have rules of their own
    domain = _AT.split(value.lower())[-1]
    if domain in _PROTOCOL_DOMAINS:
        return False
    last = domain.rpartition(b".")[2]
    return not last.isdigit() and not (b"." + last in FILE_ENDINGS and last not in (b"py", b"sh", b"so", b"md"))


_BEFORE_MAIL = re.compile(
    rb"(?i)(?:\b(?:for|to|from|by|recipient|sender|user|rcpt|mailbox|mail|owner|as|account|identity)[ :=]{1,3}|<)"
    rb"[\"'<]?\Z"
)
_NO_MACHINE = frozenset(b"next latest beta alpha canary plt main master head dev stable nightly test lts edge".split())


def is_machine_mail(value: bytes, match: re.Match[bytes]) -> bool:
    """A person's account at a machine (``jdoe@mailhub``), and not a version of a package or an object."""
    account, _, machine = value.partition(b"@")
    if machine.lower() in _NO_MACHINE or not is_account(account, match) or not is_login_host(machine, match):
        return False
    start = match.start(match.lastindex or 0)
    spoken_of = _BEFORE_MAIL.search(match.string, max(0, start - 20), start) is not None
    return (spoken_of and not machine.isdigit()) or is_likely_host(machine, match)


_NO_PEOPLE = frozenset(
    b"remote host group policy windows update system service manager admin administrator user server client apple "
    b"google microsoft software foundation inc ltd gmbh team automatic timer upstream project build schedule "
    b"scheduler scm change default local network security center account control error failed access denied name "
    b"number id type support data base database session process task job event the this that an no not all new old "
    b"agent application app application's web mail portal device management configuration domain controller active "
    b"directory power shell store defender office update installer setup driver kernel linux debian ubuntu red hat "
    b"fedora oracle java python root ca certificate intermediate trust signing guest login logon profile "
    b"print spooler experience improvement program azure ad event log desktop window session subsystem cloud "
    b"platform internet explorer global class loader broker connection handler listener "
    b"is cannot must required empty missing invalid field jenkins pipeline argo cd octopus deploy actions runner "
    b"quartz loop help desk department services edi provider users external internal "
    b"arguments argument parties members let's encrypt lokaler dienst".split()
)


# Words of a service, a program or a part of a machine: "display name: Contoso Update Service".
_PARTS_OF_PROGRAMS = frozenset(
    b"local system service services server client driver update updater agent manager adapter controller microsoft "
    b"windows edge helper daemon host provider engine framework runtime library module plugin extension tool tools "
    b"software app application printer monitor bus port audio video graphics network bluetooth ethernet wireless "
    b"usb disk storage cache queue group policy security defender office google apple adobe intel nvidia amd "
    b"realtek print spooler scheduler remote desktop workstation registry telemetry diagnostic cryptographic firewall "
    b"protocol discovery client default allow deny rule rules inbound outbound traffic program networking "
    b"optimization assistance hat".split()
)


def _is_organisation(value: bytes) -> bool:
    """Whether a group, a firm or a project is named, and not a person with its firm behind a comma."""
    name, _, rest = value.lower().partition(b",")
    words = re.split(rb"[ +/^]|%20", name)
    return (len(words) > 1 and words[-1] in ORGANISATIONS) or rest.strip() in ORGANISATIONS


# User Data Access_38525: Windows starts one for each session.
_SERVICE_OF_SESSION = re.compile(rb"_[0-9a-f]{4,8}(?![\w-])")
_PHRASE = re.compile(rb" [a-z]{2,20}(?: [A-Za-z]{2,20}){1,5}[\"']")  # "Restrict inbound HTTPS": what a rule does


def is_named_person(value: bytes, match: re.Match[bytes]) -> bool:
    """What stands under a name for people's names, which services and devices have too ("display name")."""
    words = re.split(rb"[ +,/^]|%20", value.lower())
    if not _PARTS_OF_PROGRAMS.isdisjoint(words) or _is_organisation(value) or not is_account(value, match):
        return False
    if _SERVICE_OF_SESSION.match(match.string, match.end()) is not None:
        return False
    return len(words) > 1 or _PHRASE.match(match.string, match.end()) is None


_NUMBER_OR_SIGN = re.compile(
    rb"(?i)\b(?:port|bytes?|free|socket|0x[0-9a-f]+|kb|mb|gb|tcp|udp|family|already|failed|bind|listen)\b"
)
_BARE_ADDRESS = re.compile(
    rb"(?i)(?:\A|[^\w])(?:(?:ip[ _-]?|mac[ _-]?|remote[ _-]?|local[ _-]?)?add?r(?:ess)?e?|"
    rb"(?:ship|bill|deliver)[ _-]?to)[\"']?\Z"
)
_STREET_WORD = re.compile(
    rb"(?i)str(?:a(?:ss|\xc3\x9f)e|eet|aat|\.)|\b(?:st|ave|avenue|road|rd|lane|drive|blvd|boulevard|court|way|place|square)\b|"
    rb"(?:weg|platz|allee|gasse|ring|damm|ufer|laan|gatan|v\xc3\xa4gen|gata|vej|gade|katu)\b|"
    rb"\b(?:rue|via|calle|rua|avenida|ul|ulica|place|chemin|viale|piazza|plaza|utca)\b"
)


def is_postal_address(value: bytes, match: re.Match[bytes]) -> bool:
    """A street and a number; behind the bare word "address", which machines have too, only with a word for a street."""
    if _NUMBER_OR_SIGN.search(value) is not None:
        return False
    if _BARE_ADDRESS.search(match.string, max(0, match.start() - 40), match.start()) is None:
        return True
    return _STREET_WORD.search(value) is not None


def is_person(value: bytes, match: re.Match[bytes]) -> bool:
    """First and last name, and no two words of a title or a program."""
    start = match.start()
    if match.string[start - 2 : start] in (b"by", b"By") and is_done_by_things(match.string, start):
        return False
    name = value.lower()
    words = name.split()
    if not all(things.isdisjoint(words) for things in (_NO_PEOPLE, NO_NAMES, _PARTS_OF_PROGRAMS)):
        return False
    return not _is_organisation(value) and not is_principal(name) and not _is_of_release(match)


def is_name_of_mailbox(value: bytes, match: re.Match[bytes]) -> bool:
    """The name beside a mailbox: in front of one in pointed brackets anything, beside round ones a person."""
    return match[0][-1:] not in (b"(", b")") or is_person(value, match)


def is_distinguished(value: bytes, match: re.Match[bytes]) -> bool:
    """A person or an account by its common name, and no part of the tree, no certificate, no group of every domain."""
    if is_entry(value) or _is_organisation(value):
        return False
    # At the end of a name nothing tells that a branch of people is behind it: only what looks like a person is one.
    return is_account(value, match) if match.lastgroup == "value" else is_person(value, match)
