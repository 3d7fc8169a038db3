"""What products write in the place of a secret: their own placeholders and references, bounds, versions, constants.

``VALUE_SPECIFIED_IN_NO_LOG_PARAMETER`` says that Ansible hid the value, ``$__file{/run/x}`` where Grafana reads it,
``(8..63 ASCII characters)`` how long it may be, ``(P4PASSWD)`` which variable holds it, ``KRB5KDC_ERR_…`` what failed.
"""

from __future__ import annotations

import re

# As the configuration files and the logs of products have them: Ansible, WordPress, Symfony, Samba, Terraform, Rails.
_TEXTS = frozenset(
    b"value_specified_in_no_log_parameter|put your unique phrase here|thistokenisnotsosecretchangeit|!changeme!|"
    b"(hidden)|(not shown)|(secret)|(redacted)|(encrypted)|(unchanged)|(none)|(empty)|(not set)|(unset)|(sensitive)|"
    b"(sensitive value)|(known after apply)|(write-only attribute)|[filtered]|ntlmv2-only|ntlmv1-permitted|"
    b"mschapv2-and-ntlmv2-only|put your password here|put your token here|insert your token here|password_here|"
    b"enter your password here|your-api-key-here|your_api_key_here|username_here|database_name_here".split(b"|")
)
# *SENSITIVE*DATA*DELETED*, ***REDACTED***, $__file{…}, ${file:…:key}, {{resolve:…}}, name:/run/x of systemd.
# your_api_key; of QEMU and libvirt, the object that holds the secret (sec0, virtio-disk0-secret0); *pass* of shells.
_HIDDEN = re.compile(
    rb"(?i:<?your[_-](?:[a-z0-9]{1,20}[_-]){0,4}(?:key|token|secret|password|passwd|pass|credentials?)(?:[_-]here)?>?)\Z|"
    rb"sec\d{1,2}:?\Z|(?:libvirt|virtio|ide|sata|usb|scsi)-[\w.-]{1,60}secret\d{1,2}\Z|masterKey\d\Z|"
    rb"\*[A-Za-z_-]{0,20}(?i:passw(?:or)?d|passphrase|secret|token|key|cred|auth)[A-Za-z_-]{0,10}\*\Z|"
    rb"\*{1,5}(?:[A-Z]{3,20}[ *_-]{1,3}){1,5}\*{0,4}\Z|"
    rb"\$__\w{1,20}\{[^{}\r\n]{1,200}\}?\Z|\$\{(?:[a-z][A-Za-z_]{1,24}):[^{}\r\n]{1,200}\}\Z|"
    rb"[\w.%-]{1,60}:/(?:etc|run|var|usr|home|opt|srv|mnt|root)/[\w./%*-]{1,200}\Z"
)
# How long a value may be: (8..63, (64, (8-63.
_BOUNDS = re.compile(rb"\(\d{1,4}(?:(?:\.{2,3}|-|\xe2\x80\xa6|\xe2\x80\x93)\d{1,4})?\Z")
_OF_UNIT = re.compile(
    rb" (?i:ascii|hex\w*|char\w*|digits?|bytes?|bits?|letters?|octets?|words?|signs?|symbols?|or|to)\b"
)
# Of the plugins of Jenkins: the number of commits and the digest of the last one.
_VERSION = re.compile(rb"v?\d{1,5}(?:\.\d{1,5}){0,3}\.v[0-9a-f_]{7,24}(?:-[A-Za-z]{2,12})?\Z")
_CONSTANT = re.compile(rb"(?:(?:[A-Z]{2,20}\d{0,2}[A-Z]{0,10}|[ES])_){1,8}[A-Z]{2,20}\d?\Z")
_OF_ERROR = re.compile(
    rb"(?:\A|_)(?:ERR|ERROR|E|S|FAIL|FAILED|FAILURE|STATUS|INVALID|DENIED|EXPIRED|UNKNOWN|REQUIRED|NOT|UNREACH|BAD)(?:_|\Z)|"
    rb"\A(?:KRB5|KRB5KDC|KRB5KRB|KRB5CC|KDC|KADM5|GSS|SEC|NT|WINBIND|LDAP)_"
)
_NAME_OF_VARIABLE = re.compile(
    rb"(?=[A-Z0-9_]{0,40}(?:PASS|PWD|TOKEN|SECRET|KEY|CRED|AUTH))[A-Z][A-Z_]{0,30}\d?[A-Z_]{2,30}\Z"
)
_IN_REFERENCE = re.compile(rb"\$\{\w{1,20}:[^{}\s\"']{0,150}\Z")
# PersonalAccessTokens::ExpiringWorker: two colons without blanks part the names of modules.
_CLASS = re.compile(rb"(?:[A-Z][a-z0-9]{1,20}){1,6}(?:::(?:[A-Z][a-z0-9]{1,20}){1,6}){0,5}(?:\.[a-z_]{2,40}[?!]?)?\Z")
_MODULE = re.compile(rb"(?:\A|[^\w:])(?:[A-Z]\w{0,60}::){0,6}[A-Z][A-Za-z0-9]{0,60}\Z")
# A variable of psql: PASSWORD :'pw'.
_OF_PSQL = re.compile(rb"(?i:\b(?:alter|create|set|select|insert|update|values)\b)[^\r\n]{0,150}\s\Z")
_VARIABLE = re.compile(rb"[A-Za-z_]\w{0,40}\Z")
_NEAR_BYTES = 200
_SIGN_OF_PSQL = (b" :'", b' :"')


def is_filler(value: bytes) -> bool:
    """What stands for a value, or says where it is, wherever it is written."""
    return value.strip().lower() in _TEXTS or _HIDDEN.match(value) is not None or _VERSION.match(value) is not None


def is_constant(value: bytes) -> bool:
    """In a sentence: the constant of an error, or the name of the variable that holds the secret."""
    is_error = _CONSTANT.match(value) is not None and _OF_ERROR.search(value) is not None
    return is_error or _NAME_OF_VARIABLE.match(value) is not None


def is_filler_here(value: bytes, match: re.Match[bytes]) -> bool:
    """What only the text around it tells to be none: bounds, the end of a reference, a class, a variable of SQL."""
    start = match.start(match.lastindex or 0)
    if _BOUNDS.match(value) is not None:
        return _OF_UNIT.match(match.string, start + len(value)) is not None
    sign = match.string[match.start() : start]
    before = match.string[max(0, match.start() - _NEAR_BYTES) : match.start()]
    if sign == b"::" and _CLASS.match(value) is not None:
        return _MODULE.search(before) is not None
    if sign in _SIGN_OF_PSQL:
        return _VARIABLE.match(value) is not None and _OF_PSQL.search(before + b" ") is not None
    return sign.endswith(b":") and _IN_REFERENCE.search(before) is not None
