"""Checks that a found value is what it looks like: what a regular expression cannot say, or only at great cost.

A validator gets the value and the match it came from and says whether the finding stands. Rules name it in
their ``validator`` key. Each is cheap: it runs for every finding.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from agent.redact.pseudonym import parse_address
from agent.redact.secret_values import (
    looks_secret,
    looks_secret_by_sign,
    looks_secret_in_prose,
    looks_secret_option,
    looks_secret_word,
    looks_secret_words,
)

Validator = Callable[[bytes, "re.Match[bytes]"], bool]


def _digits(value: bytes) -> list[int]:
    return [byte - 48 for byte in value if 48 <= byte <= 57]


def passes_luhn(digits: list[int]) -> bool:
    """The check of ISO/IEC 7812-1 annex B: every second digit from the right doubled, sum divisible by 10."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


# Issuer ranges and the lengths they issue (ISO/IEC 7812 register as the schemes publish it).
_ISSUERS: tuple[tuple[int, int, frozenset[int]], ...] = (
    (4000, 4999, frozenset({13, 16, 19})),  # Visa
    (5100, 5599, frozenset({16})),  # Mastercard
    (2221, 2720, frozenset({16})),  # Mastercard, second range
    (3400, 3499, frozenset({15})),  # American Express
    (3700, 3799, frozenset({15})),  # American Express
    (3000, 3059, frozenset({14, 16, 19})),  # Diners Club
    (3095, 3095, frozenset({14, 16, 19})),  # Diners Club
    (3600, 3699, frozenset({14, 16, 19})),  # Diners Club
    (3800, 3999, frozenset({14, 16, 19})),  # Diners Club
    (3528, 3589, frozenset({16, 19})),  # JCB
    (6011, 6011, frozenset({16, 19})),  # Discover
    (6440, 6599, frozenset({16, 19})),  # Discover
    (6200, 6299, frozenset({16, 17, 18, 19})),  # UnionPay
    (8100, 8171, frozenset({16, 17, 18, 19})),  # UnionPay
    (5018, 5018, frozenset(range(12, 20))),  # Maestro
    (5020, 5020, frozenset(range(12, 20))),  # Maestro
    (5038, 5038, frozenset(range(12, 20))),  # Maestro
    (5612, 5612, frozenset(range(12, 20))),  # Maestro
    (5893, 5893, frozenset(range(12, 20))),  # Maestro
    (6304, 6304, frozenset(range(12, 20))),  # Maestro
    (6759, 6763, frozenset(range(12, 20))),  # Maestro
    (2200, 2204, frozenset(range(16, 20))),  # Mir
    (6521, 6522, frozenset({16})),  # RuPay
    (9792, 9792, frozenset({16})),  # Troy
)


def is_payment_card(value: bytes, match: re.Match[bytes]) -> bool:
    """Luhn, an issuer's range with a length it issues, and one kind of separator throughout.

    Luhn alone passes one number in ten; a time stamp beside a year must not become a card.
    """
    digits = _digits(value)
    if len(set(value) & set(b" -.")) > 1 or len(set(digits)) < 2 or not passes_luhn(digits):
        return False
    issuer = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3]
    return any(low <= issuer <= high and len(digits) in lengths for low, high, lengths in _ISSUERS)


# Lengths by country from the SWIFT IBAN Registry (ISO 13616).
_IBAN_LENGTHS = {
    **dict.fromkeys(("NO",), 15),
    **dict.fromkeys(("BE",), 16),
    **dict.fromkeys(("DK", "FI", "FO", "GL", "NL", "SD", "FK"), 18),
    **dict.fromkeys(("MK", "SI"), 19),
    **dict.fromkeys(("AT", "BA", "EE", "KZ", "LT", "LU", "XK", "MN"), 20),
    **dict.fromkeys(("CH", "CR", "HR", "LI", "LV"), 21),
    **dict.fromkeys(("BG", "BH", "DE", "GB", "GE", "IE", "ME", "RS", "VA"), 22),
    **dict.fromkeys(("AE", "GI", "IL", "IQ", "TL", "SO", "OM"), 23),
    **dict.fromkeys(("AD", "CZ", "ES", "MD", "PK", "RO", "SA", "SE", "SK", "TN", "VG"), 24),
    **dict.fromkeys(("LY", "PT", "ST"), 25),
    **dict.fromkeys(("IS", "TR"), 26),
    **dict.fromkeys(("BI", "DJ", "FR", "GR", "IT", "MC", "MR", "SM"), 27),
    **dict.fromkeys(("AL", "AZ", "BY", "CY", "DO", "GT", "HU", "LB", "NI", "PL", "SV"), 28),
    **dict.fromkeys(("BR", "EG", "PS", "QA", "UA"), 29),
    **dict.fromkeys(("JO", "KW", "MU", "YE"), 30),
    **dict.fromkeys(("MT", "SC"), 31),
    **dict.fromkeys(("LC",), 32),
    **dict.fromkeys(("RU",), 33),
}


def is_iban(value: bytes, match: re.Match[bytes]) -> bool:
    """Country's length and the check of ISO 7064 MOD 97-10."""
    text = re.sub(rb"[ -]", b"", value).decode("ascii").upper()
    if _IBAN_LENGTHS.get(text[:2]) != len(text):
        return False
    return int("".join(str(int(character, 36)) for character in text[4:] + text[:4])) % 97 == 1


def is_imei(value: bytes, match: re.Match[bytes]) -> bool:
    """Fifteen digits with a Luhn check digit (3GPP TS 23.003)."""
    digits = _digits(value)
    return len(digits) == 15 and len(set(digits)) > 2 and passes_luhn(digits)


def is_pesel(value: bytes, match: re.Match[bytes]) -> bool:
    """Poland's PESEL: weights 1 3 7 9 repeated over eleven digits, sum divisible by ten, a real month."""
    digits = _digits(value)
    month = (digits[2] * 10 + digits[3]) % 20
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)
    return 1 <= month <= 12 and sum(w * d for w, d in zip(weights, digits, strict=True)) % 10 == 0


# Not a machine of anybody: documentation (RFC 5737, RFC 3849), public resolvers that everybody asks.
_WELL_KNOWN = frozenset(
    ipaddress.ip_address(text)
    for text in ("8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "169.254.169.254", "255.255.255.0")
)
# "version 1.2.3.4", "libfoo-1.2.3.4.jar", "Chrome/119.0.0.0": four numbers behind these words are no address.
_VERSION_WORDS = frozenset(
    b"version ver v release build revision rev kernel firmware driver package assembly runtime framework servicing stack since "
    b"oid chrome safari firefox edge upgrade upgraded productversion fileversion".split()
)
_ADDRESS_WORDS = frozenset(b"ip addr address from to host peer src dst node ip4 ipv4 inet".split())
_LAST_WORD = re.compile(rb"([A-Za-z0-9_.+~-]*[A-Za-z])([ :=/(\[\"'@_~-]{1,4})\Z")
_LOOK_BACK_BYTES = 32
_MOVES = (b"from", b"to")
_UPGRADE = re.compile(rb"(?i)upgrad|updat|downgrad|version|migrat")
_PACKAGE_REVISION = re.compile(rb"[-+~]\d")


def _is_version(line: bytes, start: int) -> bool:
    """Whether the four numbers that begin at ``start`` are a version, by the word in front of them."""
    if start == 0:
        return False
    sign = line[start - 1]
    if sign in b"vV~":
        return True
    if sign not in b" :=/([\"'@_~-":
        return False
    found = _LAST_WORD.search(line, max(0, start - _LOOK_BACK_BYTES), start)
    if found is None:
        return False
    word = found[1].lower()
    if found[2] == b"==" or (word in _MOVES and _UPGRADE.search(line, max(0, start - 60), start)):
        return True
    if (
        word in _VERSION_WORDS
        or word.rpartition(b"_")[2] in _VERSION_WORDS
        or word.rpartition(b".")[2] in _VERSION_WORDS
    ):
        return True
    # Glued to a name: program/1.2.3.4, package-1.2.3.4, package~1.2.3.4; but ip-1.2.3.4 and host/1.2.3.4.
    glued = found[2] in (b"/", b"-", b"~", b"_", b"@") and line[found.start() - 1 : found.start()] not in (
        b"/",
        b":",
        b"@",
    )
    return glued and word.rpartition(b"-")[2] not in _ADDRESS_WORDS and b"://" not in line[max(0, start - 100) : start]


def is_address(value: bytes, match: re.Match[bytes]) -> bool:
    """An IPv4 or IPv6 address of a machine: not loopback, unspecified, broadcast, a mask, or a version."""
    if value[-1:] == b":" and value[-2:] != b"::":
        return False
    address = parse_address(value)
    if address is None or address.is_loopback or address.is_unspecified or address.is_multicast:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        return True
    if address in _WELL_KNOWN or address.packed[0] in (0, 255):
        return False
    if _PACKAGE_REVISION.match(match.string, match.end()):
        return False
    return not _is_version(match.string, match.start(match.lastindex or 0))


def is_bare_ipv6(value: bytes, match: re.Match[bytes]) -> bool:
    """An IPv6 address that cannot be a time, a MAC address or C++ scope: two groups with letters or four in all."""
    if not is_address(value, match):
        return False
    groups = [group for group in value.lower().replace(b"%3a", b":").partition(b"%")[0].split(b":") if group]
    return len(groups) >= 3 or (len(groups) == 2 and len(groups[0]) >= 3)


def is_mac(value: bytes, match: re.Match[bytes]) -> bool:
    """A hardware address of somebody: not all zeros, not broadcast."""
    digits = bytes(byte for byte in value.lower() if byte not in b":-._ %3a")
    return len(set(digits)) > 1


# Accounts that every machine of a kind has: they name nobody, and support needs to see them.
COMMON_ACCOUNTS = frozenset(
    b"root admin administrator administrators guest user users username nobody nogroup daemon system localsystem service "
    b"public default defaultuser0 defaultapppool wdagutilityaccount shared all none null nil undefined unknown anonymous "
    b"local localservice networkservice network nt authority builtin everyone self me you it is was has had not no yes the "
    b"a an and or of for from in on by to at with as id ids name names true false test tester testing www www-data http "
    b"https apache httpd nginx postgres mysql mariadb redis mongodb ftp mail postfix sshd ssh dbus messagebus syslog ntp "
    b"zookeeper hadoop hdfs yarn spark kafka cassandra elasticsearch jboss tomcat wildfly gitlab rabbitmq consul vault "
    b"chrony nfs bin sys sync games man lp news uucp proxy backup list irc gnats operator wheel staff adm sudo su pulse "
    b"avahi polkitd systemd systemd-network systemd-resolve systemd-timesync rtkit colord gdm lightdm sddm kernel cron "
    b"crond docker git jenkins vagrant ubuntu debian centos fedora ec2-user pi app application server client host agent "
    b"account accounts login logon logged logout session sessions password passwd token email mail-address group groups "
    b"role roles type data info error failed failure success invalid valid missing required denied allowed exists agent "
    b"current currentuser owner author creator sender principal person member manager profile profiles settings config "
    b"does can cannot could will would should must may mode space land level key agents-service input activity interface "
    b"unit units slice manager-service runtime process processes file files directory folder home requests request "
    b"response count total number limit size time timeout interrupt-driven cancelled canceled canceling changed clicked "
    b"expired locked disabled unlocked suspended deactivated opened closed added removed created deleted updated selected needs wants".split()
)


# Accounts of programs: support asks which one it was, and nobody's name is in it.
_SERVICE_ACCOUNT = re.compile(
    rb"(?:^|[-_.])(?:users?|svc|service|bot|apps?|admin|agent|daemon|job|worker|runner|ro|rw|readonly|readwrite|reader|writer|"
    rb"reports?|reporting|backup|deploy|deployer|ci|cd|db|dba|sa|test|prod|dev|staging|monitor|monitoring|replica|replicator)\d*\Z"
)
_JOB_NUMBER = re.compile(rb"_\d{6,}")  # job_1445144423722_0020


def is_account(value: bytes, match: re.Match[bytes]) -> bool:
    """A log-in name of a person: not one that every machine has, not a number, a path or a flag."""
    name = value.lower().strip(b" .")
    if name in COMMON_ACCOUNTS or name.isdigit() or len(name) < 2 or name.startswith((b"0x", b"user-", b"[redacted")):
        return False
    if _SERVICE_ACCOUNT.search(name) or _JOB_NUMBER.search(name):
        return False
    if name.startswith((b"com.", b"org.", b"net.", b"io.", b"java.", b"system.", b"microsoft.")):
        return False  # a program by its reversed domain
    return name[:1].isalnum() or name[:1] == b"_" or name[:1] >= b"\x80"


_HOST_WORDS = frozenset(
    b"localhost localdomain local localhost.localdomain host hosts server servers client none null unknown undefined true "
    b"false and or is not the a an to at in on from for by of with it was has name example.com example.org example.net "
    b"kernel default any all self up down new old last error failed timeout port ip address ok".split()
)
_FILE_ENDINGS = (
    b".log .txt .json .xml .yaml .yml .conf .cfg .ini .exe .dll .so .py .java .js .ts .go .rb .php .c .cpp .h .cs .sh .bat .ps1 "
    b".class .jar .war .html .htm .css .png .jpg .gif .svg .zip .gz .tar .md .db .sql .service .socket .timer .target .cab .sys"
).split()


def is_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A machine's name: no word of a sentence, no file, no number, no address (that has its own rule)."""
    name = value.lower().rstrip(b".")
    if name in _HOST_WORDS or len(name) < 2 or name.startswith(b"localhost"):
        return False
    if name.endswith(tuple(_FILE_ENDINGS)) or not any(97 <= byte <= 122 or byte >= 128 for byte in name):
        return False
    return parse_address(name) is None


_USER_INFORMATION = re.compile(rb"://[^\s/@]{0,100}:[^\s/@]{0,100}\Z")


def is_mail(value: bytes, match: re.Match[bytes]) -> bool:
    """A mailbox: the domain is no version, no file and no documentation address of git."""
    if value.startswith(b"git@"):
        return False  # an address of a repository: everybody's account
    before = match.string[max(0, match.start() - 200) : match.start()]
    if _USER_INFORMATION.search(before):
        return False  # the password and the host of an address: both have rules of their own
    domain = value.lower().replace(b"%40", b"@").rpartition(b"@")[2]
    last = domain.rpartition(b".")[2]
    return not last.isdigit() and not (b"." + last in _FILE_ENDINGS and last not in (b"py", b"sh", b"so", b"md"))


def is_phone(value: bytes, match: re.Match[bytes]) -> bool:
    """Seven to fifteen digits (ITU-T E.164), not all the same, and not a date or a time."""
    digits = _digits(value)
    if not 7 <= len(digits) <= 15 or len(set(digits)) < 3:
        return False
    return re.match(rb"(?:19|20)\d\d[-/.](?:0\d|1[0-2])[-/.][0-3]\d", value) is None


def is_nino(value: bytes, match: re.Match[bytes]) -> bool:
    """A British national insurance number: prefixes never issued are refused (GOV.UK, NIM39110)."""
    prefix = value[:2].upper()
    return prefix not in (b"BG", b"GB", b"NK", b"KN", b"TN", b"NT", b"ZZ")


def is_us_social(value: bytes, match: re.Match[bytes]) -> bool:
    """A US social security number: areas 000, 666 and 9xx, group 00 and serial 0000 are not issued (SSA)."""
    digits = bytes(digit + 48 for digit in _digits(value))
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in (b"000", b"666") and area[:1] != b"9" and group != b"00" and serial != b"0000"


def is_coordinates(value: bytes, match: re.Match[bytes]) -> bool:
    """A place, and not two shares of one: latitude or longitude is over one degree."""
    return any(abs(float(number)) >= 1 for number in re.findall(rb"-?\d+\.\d+", value))


def is_login_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A host behind an @ sign, and not the address of an object (Object@1b2c3d4e)."""
    return is_host(value, match) and re.match(rb"[0-9a-f]{5,8}\Z", value) is None


def is_mixed(value: bytes, match: re.Match[bytes]) -> bool:
    """Random-looking: letters and digits both, so that a long word or class name does not count."""
    return any(48 <= byte <= 57 for byte in value) and any(byte > 64 for byte in value)


def is_iban_prefix(value: bytes, match: re.Match[bytes]) -> bool:
    """An IBAN, exactly as long as its country's are."""
    return is_iban(value, match)


def is_syslog_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A host in its column of a log, and not the level or the program that stands there in other formats."""
    return is_host(value, match) and value.lower() not in _LEVELS


_LEVELS = frozenset(
    b"error err warn warning info debug trace notice fatal critical crit alert emerg verbose log severe fine finer main".split()
)


def is_named_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A host behind a name for one: it has a digit, a hyphen or a dot, or the name says "host" clearly."""
    lower = value.lower()
    if not is_host(value, match) or lower in _LEVELS or lower.startswith(b"0x") or re.match(rb"[\d.]+\Z", value):
        return False
    if any(48 <= byte <= 57 or byte in b"-." for byte in value):
        return re.match(rb"\d+[a-z]{0,3}\Z", lower) is None
    key = match[0][: match.start(match.lastindex or 0) - match.start()].lower()
    return b"host" in key or b"userdomain" in key or b"logonserver" in key or b"computer" in key or b"fqdn" in key or b"machine" in key


def is_message_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A host in a sentence: no word, so it has a digit or a hyphen."""
    return is_host(value, match) and any(48 <= byte <= 57 or byte == 45 for byte in value)


def is_dashed_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A name that holds an address: no date (2024-01-02-11), and a letter somewhere or a prefix that says so."""
    return is_host(value, match) and re.match(rb"(?:19|20)\d\d-", value) is None


def is_internal_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A name of a private network, and not one of a class or package (``com.example.internal``)."""
    lower = value.lower()
    return (
        is_host(value, match)
        and not lower.startswith(
            (b"com.", b"org.", b"net.", b"io.", b"java.", b"javax.", b"sun.", b"jdk.", b"android.", b"system.")
        )
        and not any(65 <= byte <= 90 for byte in value.rpartition(b".")[2][:1] if value != value.upper())
    )


def is_url_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A one-word host in an address: with a digit or a hyphen, or three letters or more."""
    return is_host(value, match) and len(value) > 2 and not value.startswith(b"_")


def is_international_phone(value: bytes, match: re.Match[bytes]) -> bool:
    """A number with its country: grouped, or nine digits at least, so that no offset or delta counts."""
    digits = len(_digits(value))
    if not 8 <= digits <= 17 or len(set(_digits(value))) < 3:
        return False
    grouped = any(byte in b" -()./" for byte in value)
    return (grouped or digits >= 10) and re.match(rb"00\d", value) is None or value[:2] == b"00" and digits >= 11


def is_national_number(value: bytes, match: re.Match[bytes]) -> bool:
    """Behind a state's word for its number: at least five digits."""
    return len(_digits(value)) >= 5


_RANDOM_BYTES = 16


def is_cookie(value: bytes, match: re.Match[bytes]) -> bool:
    """A cookie's value that may open a session: with letters and digits, or long; not a setting like theme=dark."""
    if not looks_secret(value, match):
        return False
    if len(value) >= _RANDOM_BYTES and any(byte in b"._" for byte in value):
        return True  # signed session cookies
    return is_mixed(value, match) or len(value) >= 16


def is_mixed_token(value: bytes, match: re.Match[bytes]) -> bool:
    """As :func:`is_mixed`, and no address or object of a program."""
    return looks_secret(value, match) and (is_mixed(value, match) or len(value) >= _RANDOM_BYTES)


VALIDATORS: dict[str, Validator] = {
    "account": is_account,
    "address": is_address,
    "bare-ipv6": is_bare_ipv6,
    "cookie": is_cookie,
    "coordinates": is_coordinates,
    "host": is_host,
    "dashed-host": is_dashed_host,
    "iban": is_iban,
    "iban-prefix": is_iban_prefix,
    "internal-host": is_internal_host,
    "international-phone": is_international_phone,
    "message-host": is_message_host,
    "named-host": is_named_host,
    "national-number": is_national_number,
    "syslog-host": is_syslog_host,
    "url-host": is_url_host,
    "imei": is_imei,
    "login-host": is_login_host,
    "mac": is_mac,
    "mail": is_mail,
    "mixed": is_mixed,
    "mixed-token": is_mixed_token,
    "nino": is_nino,
    "payment-card": is_payment_card,
    "pesel": is_pesel,
    "phone": is_phone,
    "secret": looks_secret,
    "secret-by-sign": looks_secret_by_sign,
    "secret-words": looks_secret_words,
    "secret-option": looks_secret_option,
    "secret-prose": looks_secret_in_prose,
    "secret-word": looks_secret_word,
    "us-social": is_us_social,
}
