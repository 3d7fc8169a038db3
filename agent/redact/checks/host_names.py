"""What the name of a machine looks like, whatever stands around it: no word of a sentence, file, number or product.

A log speaks of the same few machines again and again, and what a name alone tells takes ten and more looks at it, so
the last verdicts are remembered: in logs of Hadoop they were a quarter of redaction.
"""

from __future__ import annotations

import re
from functools import lru_cache

from agent.redact.checks.public_hosts import CARRIERS, is_public_host
from agent.redact.pseudonym import parse_address

_REMEMBERED = 2**10  # verdicts of each kind, some 150 bytes each
_LETTER = re.compile(rb"[a-z\x80-\xff]")
_DIGIT = re.compile(rb"[0-9]")

_HOST_WORDS = frozenset(
    b"no localhost localdomain local localhost.localdomain host hosts server servers client none null unknown "
    b"undefined true false and or is not the a an to at in on from for by of with it was has name example.com "
    b"example.org example.net kernel default any all self up down new old last error failed timeout port ip "
    b"address ok reported added removed renamed deprecated scriptfile unreachable unavailable missing offline online "
    b"disabled enabled invalid required pull push lookup str string int optional any object files dns nis ldap compat "
    b"sha1 sha256 sha384 sha512 db resolve myhostname mymachines mdns mdns4 mdns4_minimal mdns_minimal primary "
    b"secondary snapshot temporary kubernetes kubernetes.default kubernetes.default.svc "
    b"kubernetes.default.svc.cluster.local "
    # makers, where the name of a device is one
    b"logitech realtek intel nvidia amd broadcom qualcomm samsung sony canon epson brother lenovo asus acer razer "
    b"corsair jabra bose philips panasonic huawei xiaomi sandisk kingston toshiba seagate wacom plantronics "
    b"sennheiser".split()
)
FILE_ENDINGS = tuple(
    b".log .txt .json .xml .yaml .yml .conf .cfg .ini .exe .dll .so .py .java .js .ts .go .rb .php .c .cpp .h "
    b".cs .sh .bat .ps1 .class .jar .war .html .htm .css .png .jpg .gif .svg .zip .gz .tar .md .db .sql "
    b".service .socket .timer .target .device .mount .automount .swap .path .slice .scope .cab .sys".split()
)
LEVELS = frozenset(
    b"error err warn warning info debug trace notice fatal critical crit alert emerg verbose log severe fine finer "
    b"main".split()
)


# What Amazon numbers: i-0abc…, vol-…; support asks which of them it was, and none names a person.
_OF_CLOUD = re.compile(rb"(?:i|vol|vpc|subnet|snap|sg|eni|ami|rtb|igw|nat|acl|lt|tgw)-(?:[0-9a-f]{8}|[0-9a-f]{17})\Z")


@lru_cache(maxsize=_REMEMBERED)
def is_name(value: bytes) -> bool:
    """No word of a sentence, no file, no number, no address (that has its own rule)."""
    name = value.lower().rstrip(b".")
    if name in _HOST_WORDS or len(name) < 2 or name.startswith(b"localhost") or is_public_host(name):
        return False
    if _OF_CLOUD.match(name) or name.endswith(FILE_ENDINGS) or _LETTER.search(name) is None:
        return False
    return parse_address(name) is None


_NO_HOST = re.compile(
    rb"\d+[a-z]{0,3}\Z|0x|sql\d{4,5}[nwc]\Z|[\d.]+\Z|v?\d+(?:\.\d+)+[a-z0-9.-]*\Z|(?-i:[0-9a-f]{6,})\Z|[0-9a-f]{8,}\Z|(?:[a-z]+-)?[0-9a-f]{8}-[0-9a-f]{4}-|"
    rb"(?:sd|vd|hd|xvd)[a-z]\d{0,2}\Z|nvme\d+n\d|mmcblk\d|(?:dm-|loop|eth|wlan|com|lpt)\d{1,2}\Z|"
    rb"(?:x86_64|x64|x86|i[3-6]86|aarch64|armv?\d|riscv|wasm32|amd64|arm64|linux|windows|darwin|win32|win64)(?![a-z])|"
    rb"(?:read|write|out|get|clear|set|new|enter|exit|add|remove|start|stop|restart|debug|connect|disconnect)-(?:vm)?host\Z|"
    rb"(?:private|redacted|hidden)\Z",
    re.IGNORECASE,
)


@lru_cache(maxsize=_REMEMBERED)
def is_clear_name(value: bytes) -> bool:
    """No level of a log either, no version, UUID, digest or kind of machine."""
    return is_name(value) and value.lower() not in LEVELS and _NO_HOST.match(value) is None


# Letters and a number, and yet no machine: threads, adapters, disks, protocols, digests.
_NUMBERED_THINGS = re.compile(
    rb"(?:\w*thread|pool|\w*exec|task|job|step|stage|try|attempt|line|page|part|port|test|item|block|chunk|shard|partition|"
    rb"row|col|id|req|request|session|channel|slot|group|queue|batch|level|layer|phase|round|epoch|rank|scheduling|qtp|nio|"
    rb"cpu|gpu|core|dimm|disk|volume|eth|fe(?=80)|en[opsx]\w*|wl[a-z]\w*|br|veth\w*|tun|tap|docker|bond|lo|usb|tty\w*|vty|pts|sd[a-z]|"
    rb"nvme|md|dm|loop|zram|ram|sr|[vhx]v?d[a-z]|mmcblk|nbd|fat|sp|ksh|cygwin|http|h|tls|tlsv|ssl|sslv|sha|utf|ipv|rev|r|rc|beta|alpha|python|java|jdk|ecs|node|server|client|host|"
    rb"worker|agent|instance|replica|member|broker|peer|master|slave|primary|device|ubuntu|debian|centos|rhel|fedora|win|"
    rb"window|oauth|log4j|ie|kb|html|css|ddr|php|gcc|cuda|directx|office|base|int|uint|float|str|es|mp|s|k|ec|p|t|q|m|c|n|v|x|d)[-_.]?\d{1,5}(?:[-_.:]\d+)*\Z",
    re.IGNORECASE,
)
_DEVICE_WORD = re.compile(
    rb"-(?:pc|nb|laptop|notebook|desktop|mac|macbook(?:-air|-pro)?|mbp|mba|imac|mini|iphone|ipad|phone|nuc|rig|box|nas|srv|"
    rb"server|host|ws|workstation|tablet|printer|vm|node|gw|router|switch|ap|tv|xps|thinkpad|surface|latitude|elitebook|"
    rb"probook|zenbook|inspiron|ideapad|precision|vostro|optiplex|pavilion|legion|thinkcentre|zbook|framework|chromebook|"
    rb"kitchen|garage|attic|barn|basement|office|bedroom|living-?room|garden|shed|cellar|den|keller|garten|wohnzimmer|"
    rb"cuisine|salon|lounge|hallway|workshop|loft|porch|nursery|playroom|studio|closet|upstairs|downstairs|cabin)\Z",
    re.IGNORECASE,
)


_UUID = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")


@lru_cache(maxsize=_REMEMBERED)
def is_likely_name(value: bytes) -> bool:
    """A name as machines have them: web01, sql-ams-02, janes-laptop, db.corp.net."""
    if not is_clear_name(value) or b"_" in value or _UUID.match(value):
        return False
    name = value.lower()
    if b"." in name:
        first, _, rest = name.partition(b".")
        numbered = b"-" in first or _DIGIT.search(first) is not None
        return is_internal_name(name) or (numbered and rest[:1].isalpha() and _DOMAIN_END.search(rest) is not None)
    if _DEVICE_WORD.search(name):
        return True
    return any(48 <= byte <= 57 for byte in name) and len(name) >= 4 and _NUMBERED_THINGS.match(name) is None


_DOMAIN_END = re.compile(rb"(?:\A|\.)[a-z]{2,18}\Z")


def is_numbered_thing(value: bytes) -> bool:
    """Letters and a number that name a thread, an adapter, a disk, a protocol or a digest."""
    return _NUMBERED_THINGS.match(value) is not None


# Joined words with a number that name no machine: parts of programs, formats, products.
_NO_MACHINE_PARTS = frozenset(
    b"topic topics partition partitions group groups consumer producer thread threads worker workers pool task "
    b"tasks job jobs pod container snapshot index segment queue channel stream session request response req res "
    b"step stage page line part chunk block shard table column field key value item entry event message msg batch "
    b"test build release version rev branch commit tag issue ticket bug cve rfc iso utf sha md base python php "
    b"perl ruby java jdk node ubuntu debian centos fedora oracle mysql postgres postgresql windows win linux "
    b"android ios macos log4j http https tls ssl ipv eth wlan usb tty disk dev sda sdb nvme cpu gpu core attempt "
    b"exec executor try retry timer level layer phase round epoch fold rank class type mode state code instance "
    b"application appattempt application_ blk req- qtp scheduling default main kafka- us eu ap ca sa me af east "
    b"latin nodeadkeys fips tpm kit west north south central northeast southeast".split()
)
_SHAPE = re.compile(rb"[A-Za-z]{2,18}\d{2}\Z|(?i:ws|pc|nb|wks|srv|kiosk)(?!20\d\d\Z)\d{3,6}\Z")
_SHAPE_JOINED = re.compile(
    rb"(?:[a-z]+\d*|\d*[a-z]+)(?:-(?:[a-z]{1,12}\d{0,4}|\d{1,4}[a-z]?|[0-9a-f]{5}))+\Z|[A-Z]+\d*(?:-[A-Z0-9]{1,12})+\Z"
)


@lru_cache(maxsize=_REMEMBERED)
def is_shaped_name(value: bytes) -> bool:
    """A name of place, role and number (web-fra-02, rivendell34), or one in somebody's own domain."""
    if b"." in value:
        return is_name(value) and is_owned_name(value.lower())
    if _DIGIT.search(value) is None or not is_likely_name(value):
        return False
    parts = [part.rstrip(b"0123456789") for part in value.lower().split(b"-")]
    if not _NO_MACHINE_PARTS.isdisjoint(parts):
        return False
    if b"-" not in value:
        return _SHAPE.match(value) is not None and (value.islower() or value.isupper())
    return _SHAPE_JOINED.match(value) is not None


_COMMON_ENDS = frozenset(b"com net org info biz edu gov mil int io dev cloud tech online example".split())
_FILE_LIKE = frozenset(b"gz xz bz js ts so py sh md rs ps cc mk cs hs tf vb".split())
_FILE_PARTS = frozenset(
    b"tar log min test tests spec conf config d src lib dll so jar war module tmpl bundle html css json yaml xml "
    b"txt csv sql setup class func name value id linux windows darwin thread pool pdf doc".split()
)


def is_owned_name(name: bytes) -> bool:
    """A whole domain name in somebody's own domain: no file (``web-01.tar.gz``), and none of a carrier's machines."""
    if name.endswith(CARRIERS) or b".awsdns-" in name:
        return False
    *front, last = name.split(b".")
    ending = last in _COMMON_ENDS or (len(last) == _COUNTRY_BYTES and last.isalpha() and last not in _FILE_LIKE)
    return ending and _FILE_PARTS.isdisjoint(front[1:])


_COUNTRY_BYTES = 2  # ISO 3166


_INTERNAL_ENDS = (
    b".local .lan .internal .intranet .intra .intern .corp .home .localdomain .private .arpa .box .ad .lab "
    b".ts.net .test"
).split()


def is_internal_name(name: bytes) -> bool:
    """Whether a name in lower case ends, or nearly ends, as names of private networks do."""
    return any(name.endswith(end) or end + b"." in name for end in _INTERNAL_ENDS)
