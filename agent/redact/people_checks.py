"""Accounts and mailboxes of people, told apart from those that every machine has and from words of a sentence."""

from __future__ import annotations

import re

from agent.redact.machine_checks import FILE_ENDINGS

# Accounts that every machine of a kind has: they name nobody, and support needs to see them.
COMMON_ACCOUNTS = frozenset(
    b"root admin administrator administrators guest user users username nobody nogroup daemon system "
    b"localsystem service public default defaultuser0 defaultapppool wdagutilityaccount shared all none null "
    b"nil undefined unknown anonymous local localservice networkservice network nt authority builtin everyone "
    b"self me you it is was has had not no yes the a an and or of for from in on by to at with as id ids name "
    b"names true false test tester testing www www-data http https apache httpd nginx postgres mysql mariadb "
    b"redis mongodb ftp mail postfix sshd ssh dbus messagebus syslog ntp zookeeper hadoop hdfs yarn spark kafka "
    b"cassandra elasticsearch jboss tomcat wildfly gitlab rabbitmq consul vault chrony nfs bin sys sync games "
    b"man lp news uucp proxy backup list irc gnats operator wheel staff adm sudo su pulse avahi polkitd systemd "
    b"systemd-network systemd-resolve systemd-timesync rtkit colord gdm lightdm sddm kernel cron crond docker "
    b"git jenkins vagrant ubuntu debian centos fedora ec2-user pi app application server client host agent "
    b"account accounts login logon logged logout session sessions password passwd token email mail-address "
    b"group groups role roles type data info error failed failure success invalid valid missing required denied "
    b"allowed exists agent current currentuser owner author creator sender principal person member manager "
    b"profile profiles settings config does can cannot could will would should must may mode space land level "
    b"key agents-service input activity interface unit units slice manager-service runtime process processes "
    b"file files directory folder home requests request response count total number limit size time timeout "
    b"interrupt-driven cancelled canceled canceling changed clicked expired locked disabled unlocked suspended "
    b"deactivated opened closed added removed created deleted updated selected needs wants".split()
)
# Accounts of programs: support asks which one it was, and nobody's name is in it.
_SERVICE_ACCOUNT = re.compile(
    rb"(?:^|[-_.])(?:users?|svc|service|bot|apps?|admin|agent|daemon|job|worker|runner|ro|rw|readonly|readwrite|reader|writer|"
    rb"reports?|reporting|backup|deploy|deployer|ci|cd|db|dba|sa|test|prod|dev|staging|monitor|monitoring|replica|replicator)\d*\Z"
)
_ADDRESS_LIKE = re.compile(rb"[\d.:]+\Z")
_JOB_NUMBER = re.compile(rb"_\d{6,}")  # job_1445144423722_0020


def is_account(value: bytes, _match: re.Match[bytes]) -> bool:
    """A log-in name of a person: not one that every machine has, not a number, a path or a flag."""
    name = value.lower().strip(b" .")
    if name in COMMON_ACCOUNTS or name.isdigit() or len(name) < 2 or name.startswith((b"0x", b"user-", b"[redacted")):
        return False
    if _ADDRESS_LIKE.match(name) or _SERVICE_ACCOUNT.search(name) or _JOB_NUMBER.search(name):
        return False
    if name.startswith((b"com.", b"org.", b"net.", b"io.", b"java.", b"system.", b"microsoft.")):
        return False  # a program by its reversed domain
    return name[:1].isalnum() or name[:1] == b"_" or name[:1] >= b"\x80"


_USER_INFORMATION = re.compile(rb"://[^\s/@]{0,100}:[^\s/@]{0,100}\Z")


def is_mail(value: bytes, match: re.Match[bytes]) -> bool:
    """A mailbox: the domain is no version, no file and no documentation address of git."""
    if value.startswith(b"git@"):
        return False  # an address of a repository: everybody's account
    before = match.string[max(0, match.start(match.lastindex or 0) - 200) : match.start(match.lastindex or 0)]
    if _USER_INFORMATION.search(before):
        return False  # the password and the host of an address: both have rules of their own
    domain = value.lower().replace(b"%40", b"@").rpartition(b"@")[2]
    last = domain.rpartition(b".")[2]
    return not last.isdigit() and not (b"." + last in FILE_ENDINGS and last not in (b"py", b"sh", b"so", b"md"))
