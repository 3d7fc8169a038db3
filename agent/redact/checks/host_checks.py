"""Names of machines, told apart from files, levels of a log, threads, products and words of a sentence.

The clearer the words around say that a machine is meant, the less its name has to look like one: from any word behind
``hostname=`` to letters, hyphens and a number in the middle of a sentence.
"""

from __future__ import annotations

import re

from agent.redact.checks.machine_checks import is_machine
from agent.redact.checks.package_versions import is_of_package
from agent.redact.checks.public_hosts import CARRIERS, is_public_host
from agent.redact.pseudonym import parse_address

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
FILE_ENDINGS = (
    b".log .txt .json .xml .yaml .yml .conf .cfg .ini .exe .dll .so .py .java .js .ts .go .rb .php .c .cpp .h "
    b".cs .sh .bat .ps1 .class .jar .war .html .htm .css .png .jpg .gif .svg .zip .gz .tar .md .db .sql "
    b".service .socket .timer .target .device .mount .automount .swap .path .slice .scope .cab .sys"
).split()
_LEVELS = frozenset(
    b"error err warn warning info debug trace notice fatal critical crit alert emerg verbose log severe fine finer "
    b"main".split()
)


# What Amazon numbers: i-0abc…, vol-…; support asks which of them it was, and none names a person.
_OF_CLOUD = re.compile(rb"(?:i|vol|vpc|subnet|snap|sg|eni|ami|rtb|igw|nat|acl|lt|tgw)-(?:[0-9a-f]{8}|[0-9a-f]{17})\Z")


def is_host(value: bytes, _match: re.Match[bytes]) -> bool:
    """A machine's name: no word of a sentence, no file, no number, no address (that has its own rule)."""
    name = value.lower().rstrip(b".")
    if name in _HOST_WORDS or len(name) < 2 or name.startswith(b"localhost") or is_public_host(name):
        return False
    if (
        _OF_CLOUD.match(name)
        or name.endswith(tuple(FILE_ENDINGS))
        or not any(97 <= byte <= 122 or byte >= 128 for byte in name)
    ):
        return False
    return parse_address(name) is None


def is_login_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A host behind an @ sign, and not the address of an object (Object@1b2c3d4e)."""
    return is_host(value, match) and re.match(rb"[0-9a-f]{3,8}\Z", value) is None


def is_syslog_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A host in its column of a log, and not the level or the program that stands there in other formats."""
    return is_host(value, match) and value.lower() not in _LEVELS


_NO_HOST = re.compile(
    rb"\d+[a-z]{0,3}\Z|0x|sql\d{4,5}[nwc]\Z|[\d.]+\Z|v?\d+(?:\.\d+)+[a-z0-9.-]*\Z|(?-i:[0-9a-f]{6,})\Z|[0-9a-f]{8,}\Z|(?:[a-z]+-)?[0-9a-f]{8}-[0-9a-f]{4}-|"
    rb"(?:sd|vd|hd|xvd)[a-z]\d{0,2}\Z|nvme\d+n\d|mmcblk\d|(?:dm-|loop|eth|wlan|com|lpt)\d{1,2}\Z|"
    rb"(?:x86_64|x64|x86|i[3-6]86|aarch64|armv?\d|riscv|wasm32|amd64|arm64|linux|windows|darwin|win32|win64)(?![a-z])",
    re.IGNORECASE,
)


_SUBSYSTEM = re.compile(rb"\[(?:com|org|net|io)\.[\w.-]{1,60}\Z")  # [com.apple.TimeMachine:General], of macOS


def is_named_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A host behind a clear name for one: no level, number, version, UUID, digest or kind of machine."""
    if _SUBSYSTEM.search(match.string, max(0, match.start() - 60), match.start()) is not None:
        return False
    return is_host(value, match) and value.lower() not in _LEVELS and _NO_HOST.match(value) is None


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


_MODEL = re.compile(rb"\bmodel:\S{1,40} device\Z")  # adb(1): model:SM_A525F device:a52q
_UUID = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")


def is_likely_host(value: bytes, match: re.Match[bytes]) -> bool:
    """Behind a word like "server": a name as machines have them (web01, sql-ams-02, janes-laptop, db.corp.net)."""
    if not is_named_host(value, match) or b"_" in value or _UUID.match(value):
        return False
    if _MODEL.search(match.string, max(0, match.start() - 80), match.start()) is not None:
        return False
    name = value.lower()
    if b"." in name:
        first, _, rest = name.partition(b".")
        numbered = b"-" in first or any(48 <= byte <= 57 for byte in first)
        return is_internal_name(name) or (numbered and rest[:1].isalpha() and _DOMAIN_END.search(rest) is not None)
    if _DEVICE_WORD.search(name):
        return True
    return any(48 <= byte <= 57 for byte in name) and len(name) >= 4 and _NUMBERED_THINGS.match(name) is None


_DOMAIN_END = re.compile(rb"(?:\A|\.)[a-z]{2,18}\Z")


def is_message_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A host in a sentence that speaks of one: no word, so it has a digit or a hyphen, or is a whole domain name."""
    if not is_named_host(value, match) or _NUMBERED_THINGS.match(value):
        return False
    return any(48 <= byte <= 57 or byte == 45 for byte in value) or is_internal_name(value.lower())


_NEIGHBOUR_WORDS = frozenset(
    b"address addresses ip inet server client host peer gateway router interface network subnet netmask node "
    b"device nameserver resolver proxy localhost unknown local remote port version broadcast loopback endpoint "
    b"target source destination connection from to on at by via and or is".split()
)


def is_neighbour_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A host with its address beside it: no word that the address explains, no adapter, no version."""
    names = value.split()
    if len(names) > 1:  # several names of one address in a file of hosts
        return any(is_neighbour_host(name, match) for name in names) and all(b"=" not in name for name in names)
    if value.lower() in _NEIGHBOUR_WORDS or not is_named_host(value, match):
        return False
    words = match.string[: match.start(match.lastindex or 0)].rstrip().rpartition(b" ")[2]
    plain = value.isalpha() and not value.isupper()
    if match.string[match.end() : match.end() + 1] == b"/" and not is_likely_host(value, match):
        return False  # program/1.2.3.4
    address = _ADDRESS_BEHIND.match(match.string, match.end())
    if address is not None and is_of_package(match.string, *address.span("address")):
        return False
    return not _ADAPTER.match(value) and (not plain or words.lower() in _MOVES_TO or match.start() == 0)


_ADDRESS_BEHIND = re.compile(rb" \((?P<address>[\d.]{7,15})")
_MOVES_TO = frozenset(b"from to connect ping host with for computer client server at".split())
_ADAPTER = re.compile(
    rb"(?:eth|en[opsx]|wl[a-z]|wlan|br|veth|tun|tap|docker|bond|lo|usb|ppp|vlan|virbr|vty|tty)[\w.-]*\Z", re.IGNORECASE
)


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


def is_shaped_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A name of place, role and number (web-fra-02, rivendell34), where the words around tell little."""
    if b"." in value:
        return is_host(value, match) and is_owned_name(value.lower())
    if not any(48 <= byte <= 57 for byte in value) or not is_likely_host(value, match):
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


def is_program_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A host in its column where the program behind it has no number: "error auth: failed" looks the same."""
    return is_syslog_host(value, match) and (
        is_likely_host(value, match) or _PROGRAM.match(match.string, match.end()) is not None
    )


_PROGRAM = re.compile(
    rb" ?(?:kernel|sudo|su|systemd[\w-]*|CRON|cron|sshd|rsyslogd|dhclient|NetworkManager|dbus-daemon|audit)\b"
)


def is_dashed_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A name that holds an address, or the address alone with other joints: no date (2024-01-02-11)."""
    if b"_" in value and value.replace(b"_", b"").isdigit():
        return is_machine(value.replace(b"_", b"."))
    return is_host(value, match) and re.match(rb"(?:19|20)\d\d-", value) is None


_INTERNAL_ENDS = (
    b".local .lan .internal .intranet .intra .intern .corp .home .localdomain .private .arpa .box .ad .lab "
    b".ts.net .test"
).split()


def is_internal_name(name: bytes) -> bool:
    """Whether a name in lower case ends, or nearly ends, as names of private networks do."""
    return any(name.endswith(end) or end + b"." in name for end in _INTERNAL_ENDS)


_SERVICE_TYPE = re.compile(rb"(?:_[a-z0-9-]{1,20}\.){1,3}_(?:tcp|udp)\.local\Z")  # RFC 6763: a kind, and no machine


# aws_subnet.private[1], this.config.corp: the addresses of resources, and objects of a program.
_OF_CODE = re.compile(
    rb"(?:module|this|self|window|document|process|globalthis|navigator)\.|(?:data\.)?(?:aws|azurerm|azuread|google|"
    rb"kubernetes|helm|random|null|tls|vault|digitalocean|hcloud|openstack|vsphere|github|gitlab|cloudflare|docker)_[a-z_]+\."
)
_INDEX = re.compile(rb"\[\d{1,2}\]")


def is_internal_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A name of a private network, and not one of a class or package (``com.example.internal``)."""
    lower = value.lower()
    if _OF_CODE.match(lower) or _INDEX.match(match.string, match.end(match.lastindex or 0)):
        return False
    return (
        is_host(value, match)
        and not _SERVICE_TYPE.match(lower)
        and (not lower.endswith(CARRIERS) or is_internal_name(lower))
        and not lower.startswith(
            (b"com.", b"org.", b"net.", b"io.", b"java.", b"javax.", b"sun.", b"jdk.", b"android.", b"system.")
        )
        and not any(65 <= byte <= 90 for byte in value.rpartition(b".")[2][:1] if value != value.upper())
    )


def is_url_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A one-word host in an address: with a digit or a hyphen, or three letters or more."""
    if _NO_HOST_SCHEME.match(match[0]) is not None or value.lower() in _PRODUCTS:
        return False
    if b"." in value and (value.lower().endswith(CARRIERS) or value.replace(b".", b"").isdigit()):
        return False
    return is_host(value, match) and len(value) > 2 and not value.startswith(b"_")


# Addresses that lead into a program: what stands in them is a page, a command, an item of it, a kind of code.
_NO_HOST_SCHEME = re.compile(
    rb"(?:otpauth|chrome|edge|brave|opera|vivaldi|about|devtools|view-source|resource|app|content|android|"
    rb"capacitor|ionic|electron|webpack|vscode|vscodium|cursor|jetbrains|idea|steam|calendar|contacts|maps|market|"
    rb"itms|itms-apps|intent|shortcuts|prefs|ms|slack|zoommtg|zoomus|msteams|spotify|discord|whatsapp|tg|obsidian|"
    rb"notion|figma|onenote|mailspring|thunderbird|message|asset|res|bundle|package|classpath|module|moz|safari|"
    rb"x|docker|containerd|cri|payto|upi)(?:-[a-z.-]+)?://",
    re.IGNORECASE,
)
# What a file of Docker Compose, or its makers' example, calls the machine that runs just this program.
_PRODUCTS = frozenset(
    b"redis postgres postgresql mysql mariadb mongo mongodb rabbitmq kafka zookeeper elasticsearch opensearch "
    b"memcached minio etcd nginx traefik prometheus grafana loki jaeger zipkin vault consul keycloak nats cassandra "
    b"influxdb clickhouse neo4j backend frontend database kibana logstash otel-collector mailhog localstack".split()
)
