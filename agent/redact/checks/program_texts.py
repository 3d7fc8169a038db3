"""What programs write where a secret would stand: source code, usage texts, results of tests, tags of YAML.

Each of them is told by how it is made: a call, a type or an option has a form of its own, and the sign in front of it
is often none of an assignment.
"""

from __future__ import annotations

import re

_NEIGHBOURHOOD_BYTES = 100
_IDENTIFIER = re.compile(rb"[A-Za-z_$][\w$]*(?:(?:\.|->|::)[A-Za-z_$][\w$]*)*\Z")
_GENERICS = rb"(?:Option|Optional|Vec|List|Maybe|Box|Arc|Rc|Promise|Array|Set|Secret|Observable|Result|Future)"
_OF_CODE = re.compile(
    rb"@_\Z|undef\Z|"
    rb"(?:[A-Za-z_]\w{0,60}(?:\.|->|::)){1,8}[A-Za-z_]\w{0,60}\([^()\s]{0,80}\)?;?\Z|" + _GENERICS + rb"<[A-Za-z]"
)
_COMMAND = re.compile(
    rb"\(?(?:ConvertTo|ConvertFrom|Get|New|Read|Import|Export|Invoke|Select|Unprotect)-[A-Z][A-Za-z]+\Z"
)
_TYPE = re.compile(
    rb"(?:[A-Z][a-z]+){1,5}(?:String|Service|Provider|Manager|Type|Factory|Handler|Client|Repository|Store)(?P<sign>,?)\Z"
)
# auth: AuthProvider, password: PasswordField: the type says once more what the name says.
_TYPE_OF_NAME = re.compile(
    rb"(?:[A-Z][a-z]+){1,5}(?:String|Service|Provider|Manager|Type|Factory|Handler|Client|Repository|Store|Config|Info|Ref|"
    rb"Reference|Field|Options|Props|State|Context|Request|Response|Data|Model|Kind|Source|Params|Settings|Spec|Value|Input|"
    rb"Generator|Validator|Encoder|Resolver|Interceptor|Module|Controller|Adapter|Builder|Claims|Payload|Dto)[,;]?\Z"
)
_WORD_END = re.compile(rb"[^A-Za-z]|(?<=[a-z])(?=[A-Z])")
_DECLARED = re.compile(rb"\b(?:private|public|protected|readonly|val|var|let|const|pub|final) [\w$]{1,60}\Z")
_OF_SHELL = re.compile(rb"\$(?:\w{1,20}:)?\w{1,60}\Z")
# The words that stand for a value in a usage text: in capitals wherever they are, small where the help goes on.
_CAPITALS = frozenset(
    b"PASS PASSWD PWD TOKEN SECRET KEY APIKEY API_KEY CREDENTIALS ARG VALUE CHANGE_ME REPLACE_ME GENERATE AUTO".split()
)
_TO_FILL = re.compile(
    rb"(?:YOUR|INSERT|REPLACE|ENTER|ADD)[_-](?:[A-Z]{2,20}[_-]?){1,6}\Z|your[_-](?:[a-z]{2,20}[_-]){1,4}here\Z|"
    rb":(?:[a-z]{1,20}_)?(?:token|key|secret|password|pass|code|id|sig|signature)\Z|\{[a-z_]{1,30}\}?\Z"
)
_ARGUMENT = frozenset(b"arg argument phrase".split())
_ARGUMENT_IF_HELP = frozenset(b"value name string file text path password".split())
_HELP = re.compile(rb" {2,}\S|\t\S| \(=")
_IN_USAGE = re.compile(
    rb"=[A-Za-z_-]+\Z|-{1,2}[A-Za-z][\w-]*(?:\|-{1,2}[A-Za-z][\w-]*)*\Z|-D[A-Z][A-Z0-9_]*(?:=|\Z)|"
    rb"[a-z]{2,20}(?:\|[a-z]{2,20})*[}\]>)]\Z"
)
_IN_EXPRESSION = re.compile(
    rb"\^?\[?(?:A-Z|a-z|0-9|\\[wdS])(?:A-Z|a-z|0-9|[_.\\/+=~-]|\\[wdS])*+\Z|Tests\\[A-Z]|(?:webpack|node|file|chrome-extension):"
)
_TEST_RESULT = re.compile(rb"(?:\A\s{0,40}|--- |\.\.\. )PASS\Z")
_NAME_OF_TEST = re.compile(
    rb"(?i:test|check|spec|example|benchmark)[A-Z_./:-][\w./:-]*\Z|[\w./:-]*(?:[._/-]|[a-z](?=[TS]))(?i:test|spec)\Z|[\w.-]+/[\w./-]+\Z|"
    rb"[a-z]+(?:[_./-][a-z]+)+\Z|done\Z"
)
_COMPARED = re.compile(rb"\s?[=!]={1,2}\s?\Z")
_IN_CONDITION = re.compile(rb"(?:\b(?:if|while|return|assert|when)\b|&&|\|\||\()[^()\r\n]{0,60}\Z")
_GENERIC = re.compile(_GENERICS + rb"\Z")
_INDEX = re.compile(rb"\[[\"':]")
_OTHERWISE = re.compile(rb" ?(?:\|\||\?\?)")
_MEMBER = re.compile(rb"(?: ?[=!<>]=? |->|\.|\[|\()")
_OF_MODULE = re.compile(rb"::\w{1,60}\Z")
_OF_SELF = re.compile(rb"\b(?:self|this)\.\Z")
_TAG = re.compile(
    rb"!{1,2}(?:vault|binary|reference|env|env_var|ENV|secret|include\w*|Ref|Sub|GetAtt|ImportValue|FindInMap|encrypted|"
    rb"str|var|file|lambda|input|Base64|Join|Select|If)(?:/[\w-]{1,40})?"
)
_TAG_ALONE = re.compile(_TAG.pattern + rb"\Z")
_TAG_OF_NAME = re.compile(
    rb"!(?:reference|env|env_var|ENV|secret|include\w*|Ref|Sub|GetAtt|ImportValue|file|input|var)\s"
)
# Whatever a program calls the tag by which it is told where the value is: !vault_ref, !ssm, !GetSecret.
_TAG_OF_STORE = re.compile(
    rb"![\w:.-]*(?i:vault|secret|ref|env|ssm|sops|keychain|keyring|lookup|param|path|kv)[\w.-]{0,30}(?:/[\w-]{1,40})?\s"
)
_ENTRY_OF_STORE = re.compile(
    rb"(?=[^A-Z]{1,200}\Z|[^a-z]{1,200}\Z|[^\s/]{1,60}/)/?[A-Za-z][\w.-]*(?:[/#:@][\w.-]+){0,12}\Z"
)
_RUNS = re.compile(rb"(?:\./|/|[\w.-]{1,40}/)?(?:[\w.-]{1,40}/){0,8}(?P<name>[a-z][\w.-]{0,40})\Z")
_OPTION = re.compile(rb"--?[A-Za-z][\w-]*(?:=\S*)?\Z")
_PROGRAMS = frozenset(
    b"openssl pwgen mkpasswd apg head tail cat base64 uuidgen date kubectl oc vault aws gcloud az gh glab git docker "
    b"podman helm passwd chpasswd htpasswd ssh-keygen ssh-add gpg pass op bw make npm npx yarn pnpm pip python python3 "
    b"ruby node php bundle rails rake artisan manage.py systemctl service curl wget sudo echo printf tr cut awk sed "
    b"grep jq yq kubeseal sops doppler heroku fly flyctl wrangler supabase terraform pulumi ansible-vault rabbitmqctl "
    b"redis-cli psql mysql mysqladmin occ drush wp".split()
)
# As C and Windows write the names of errors: at least two words in capitals; the number may stand behind.
_CODE_OF_ERROR = re.compile(
    rb"(?P<name>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?=[\s,;.)\]]|\Z)"
    rb"(?P<number>(?: \((?:0[xX])?-?[0-9A-Fa-f]+\)| -\d{2,})(?![\w]))?"
)
_ERROR_WORDS = frozenset(
    b"ERR ERROR ERRORS FAIL FAILED FAILURE STATUS DENIED ACCESSDENIED INVALID BAD EXPIRED UNKNOWN TIMEOUT WRONG "
    b"REFUSED MISSING EOF SYSCALL E R MISMATCH UNAVAILABLE".split()
)
_BETWEEN_WORDS = re.compile(rb"[\s\"',]+")
_KINDS_OF_TOKENS = frozenset(b"access refresh id session csrf xsrf bearer api auth jwt oauth".split())
_PLAIN_NAME = re.compile(rb"[a-z]{2,20}(?:[_-][a-z]{2,20}){0,5}\Z")
_NO_WORD = re.compile(rb"[b-df-hj-np-tv-xz]{5}")
_CONNECTOR = re.compile(rb"(?:(?:GPIO|BCM|IO)_?\d{1,3}|P[A-K]_?(?:\d|1[0-5]))\Z")


def is_expression(value: bytes) -> bool:
    """A call, a type, a command of PowerShell, a placeholder in capitals, a tag of YAML alone."""
    return (
        _OF_CODE.match(value) is not None
        or value in _CAPITALS
        or _TO_FILL.match(value) is not None
        or _TAG_ALONE.match(value) is not None
    )


def is_command(value: bytes) -> bool:
    """A program and its arguments, as a text shows what is to be typed: ``openssl rand -base64 32``."""
    words = value.split()
    runs = _RUNS.match(words[0]) if len(words) > 1 else None
    return runs is not None and (runs["name"] in _PROGRAMS or any(map(_OPTION.match, words[1:])))


def is_list_of_names(value: bytes, name: bytes) -> bool:
    """The words of a list under a plural name are those of its secrets: ``secrets: [registry, tls]``.

    Tokens have only the names that everybody gives them; a list of passwords has none.
    """
    words = _BETWEEN_WORDS.split(value.strip(b" \"'"))
    lower = name.lower()
    if lower.endswith(b"tokens"):
        return _KINDS_OF_TOKENS.issuperset(words)
    return lower.endswith((b"secrets", b"credentials")) and all(map(_is_plain_name, words))


def _is_plain_name(word: bytes) -> bool:
    return _PLAIN_NAME.match(word) is not None and _NO_WORD.search(word) is None


def is_of_usage(value: bytes) -> bool:
    """What brackets behind an option hold, the next option, a class of signs of a regular expression, a frame."""
    return _IN_USAGE.match(value) is not None or _IN_EXPRESSION.match(value) is not None


def is_argument_name(value: bytes, match: re.Match[bytes]) -> bool:
    """``--secret arg  secret to use``: the word stands for the value, and the help goes on."""
    if value in _ARGUMENT:
        return True
    return value in _ARGUMENT_IF_HELP and _HELP.match(match.string, match.end()) is not None


def is_test_result(value: bytes, match: re.Match[bytes]) -> bool:
    """``--- PASS: TestRefresh (0.41s)`` of Go, ``PASS: check-login`` of Automake: a test that passed."""
    start = match.start()
    before = match.string[max(0, start - _NEIGHBOURHOOD_BYTES) : start]
    if match.string[start : start + 2] != b": " or _TEST_RESULT.search(before) is None:
        return False
    first = value.split()[0] if value.strip() else value
    return before.endswith(b"--- PASS") or _NAME_OF_TEST.match(first) is not None


def is_error_code(value: bytes, match: re.Match[bytes], start: int) -> bool:
    """``krb5_get_init_creds: KRB5KDC_ERR_PREAUTH_FAILED (24)``: a function's name, and the error that it met."""
    if match.string[start - 2 : start] != b": ":
        return False
    found = _CODE_OF_ERROR.match(match.string, start)
    if found is None or len(found["name"]) < len(value.split()[0]):
        return False
    return found["number"] is not None or not _ERROR_WORDS.isdisjoint(found["name"].split(b"_"))


def is_operand(value: bytes, match: re.Match[bytes], start: int) -> bool:
    """What only the sign in front of it, or what follows, tells to be a part of a program; ``start`` is the value's."""
    sign = match.string[match.start() : start]
    before = match.string[max(0, match.start() - _NEIGHBOURHOOD_BYTES) : match.start()]
    end = start + len(value)
    return (
        _TAG_OF_NAME.search(sign) is not None
        or (_TAG_OF_STORE.search(sign) is not None and _ENTRY_OF_STORE.match(value) is not None)
        or _is_substituted(value, match.string[start - 1 : start])
        or (before[-3:].lower() == b"pin" and _CONNECTOR.match(value) is not None)
        or (b"[" in sign and is_list_of_names(value, before))
        or (_COMMAND.match(value) is not None and _OF_SHELL.search(before) is not None)
        or _is_type(value, before, match.string[end : end + 1])
        or (value == b"shift" and match.string[end : end + 1] == b";")  # the first argument, in Perl
        or (_IDENTIFIER.match(value) is not None and _is_variable(value, before, sign, match.string[end : end + 3]))
    )


def _is_substituted(value: bytes, quote: bytes) -> bool:
    """What a shell runs in back-quotes, and puts what it prints in its place."""
    if value[:1] == value[-1:] == b"`":
        return is_command(value[1:-1])
    return quote == b"`" and is_command(value)


def _is_type(value: bytes, before: bytes, after: bytes) -> bool:
    """``token: SecretString,`` and ``private token: TokenService``."""
    found = _TYPE.match(value)
    if _TYPE_OF_NAME.match(value) is not None and _says_again(value.lower(), before):
        return True
    return found is not None and (bool(found["sign"]) or after in (b",", b";", b")") or bool(_DECLARED.search(before)))


def _says_again(value: bytes, before: bytes) -> bool:
    """Whether a type says once more what the name says: ``secretKey: SecretKeySpec``; behind ``auth`` any is one."""
    last = [word.lower() for word in _WORD_END.split(before)[-3:]]
    names = [b"".join(last[at:]) for at in range(len(last))]
    return last[-1] == b"auth" or any(name and value.startswith(name) for name in names)


def _is_variable(value: bytes, before: bytes, sign: bytes, after: bytes) -> bool:
    """An identifier that is compared, is a member or the name of a type, or is assigned to a member of its name."""
    if _COMPARED.match(sign) is not None:
        return _IN_CONDITION.search(before) is not None and value.replace(b".", b"").isalpha()
    return (
        (sign == b"::" and (b"::" in value or after.startswith(b" ..") or _OF_MODULE.search(before) is not None))
        or (sign == b"->" and _MEMBER.match(after) is not None)
        or (b"." in value and _OTHERWISE.match(after) is not None)
        or _INDEX.match(after) is not None
        or (after[:1] == b"<" and _GENERIC.match(value) is not None)
        or (before.endswith(b"." + value) and _OF_SELF.search(before[: -len(value)]) is not None)
    )
