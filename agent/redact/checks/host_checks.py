"""Names of machines by what stands around them, told apart from columns, programs, objects and words of a sentence.

The clearer the words around say that a machine is meant, the less its name has to look like one: from any word behind
``hostname=`` to letters, hyphens and a number in the middle of a sentence.
"""

from __future__ import annotations

import re

from agent.redact.checks.host_names import (
    LEVELS,
    is_clear_name,
    is_internal_name,
    is_likely_name,
    is_name,
    is_numbered_thing,
    is_shaped_name,
)
from agent.redact.checks.machine_checks import is_machine
from agent.redact.checks.package_versions import is_of_package
from agent.redact.checks.public_hosts import CARRIERS


def is_host(value: bytes, _match: re.Match[bytes]) -> bool:
    """A machine's name: no word of a sentence, no file, no number, no address (that has its own rule)."""
    return is_name(value)


def is_login_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A host behind an @ sign, and not the address of an object (Object@1b2c3d4e)."""
    return is_host(value, match) and re.match(rb"[0-9a-f]{3,8}\Z", value) is None


def is_syslog_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A host in its column of a log, and not the level or the program that stands there in other formats."""
    return is_host(value, match) and value.lower() not in LEVELS


_SUBSYSTEM = re.compile(rb"\[(?:com|org|net|io)\.[\w.-]{1,60}\Z")  # [com.apple.TimeMachine:General], of macOS


def is_named_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A host behind a clear name for one: no level, number, version, UUID, digest or kind of machine."""
    return is_clear_name(value) and _SUBSYSTEM.search(match.string, max(0, match.start() - 60), match.start()) is None


_MODEL = re.compile(rb"model:\S{1,40} device\Z")  # adb(1): model:SM_A525F device:a52q


def is_likely_host(value: bytes, match: re.Match[bytes]) -> bool:
    """Behind a word like "server": a name as machines have them (web01, sql-ams-02, janes-laptop, db.corp.net)."""
    if not is_likely_name(value) or not is_named_host(value, match):
        return False
    return _MODEL.search(match.string, max(0, match.start() - 80), match.start()) is None


def is_message_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A host in a sentence that speaks of one: no word, so it has a digit or a hyphen, or is a whole domain name."""
    if not is_named_host(value, match) or is_numbered_thing(value):
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
    start = match.start(match.lastindex or 0)
    words = match.string[max(0, start - _WORD_BYTES) : start].rstrip().rpartition(b" ")[2]
    plain = value.isalpha() and not value.isupper()
    if match.string[match.end() : match.end() + 1] == b"/" and not is_likely_host(value, match):
        return False  # program/1.2.3.4
    address = _ADDRESS_BEHIND.match(match.string, match.end())
    if address is not None and is_of_package(match.string, *address.span("address")):
        return False
    return not _ADAPTER.match(value) and (not plain or words.lower() in _MOVES_TO or match.start() == 0)


_WORD_BYTES = 60  # and blanks behind it; those that are looked for have ten at most
_ADDRESS_BEHIND = re.compile(rb" \((?P<address>[\d.]{7,15})")
_MOVES_TO = frozenset(b"from to connect ping host with for computer client server at".split())
_ADAPTER = re.compile(
    rb"(?:eth|en[opsx]|wl[a-z]|wlan|br|veth|tun|tap|docker|bond|lo|usb|ppp|vlan|virbr|vty|tty)[\w.-]*\Z", re.IGNORECASE
)


def is_shaped_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A name of place, role and number (web-fra-02, rivendell34), where the words around tell little."""
    return is_shaped_name(value) and (b"." in value or is_likely_host(value, match))


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
