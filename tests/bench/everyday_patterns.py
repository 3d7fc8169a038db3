"""Twelve patterns as people write them for ``sed`` or ``rg`` when they redact a log by hand.

Each is an extended regular expression whose first group stays; it is the same to GNU sed and to Rust's ``regex``.
"""

import re
from pathlib import Path

MARK = "[redacted]"
PATTERNS = (
    r"""((password|passwd|pwd|secret|token|api_?key|access_?key)["']? *[=:] *["']?)[^"' ,;&<>]+""",
    r"""((authorization|cookie|x-api-key|x-auth-token): *((bearer|basic|token) +)?)[^ ,;"']+""",
    r"""()AKIA[0-9A-Z]{16}""",
    r"""()gh[pos]_[A-Za-z0-9]{36}""",
    r"""()xox[abp]-[A-Za-z0-9-]{10,}""",
    r"""()eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*""",
    r"""(://[^ :/@"]*:)[^ @/"]+@""",
    r"""()[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}""",
    r"""()[0-9]{1,3}(\.[0-9]{1,3}){3}""",
    r"""()([0-9a-f]{2}[:-]){5}[0-9a-f]{2}""",
    r"""()[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}""",
    r"""((/home|/Users|\\Users)[/\\])[^/\\ "']+""",
)


def sed_command(source: Path, target: Path, script: Path) -> list[str]:
    """All files in place, in a copy of the folder; ``script`` is written."""
    script.write_text("".join(f"s#{pattern}#\\1{MARK}#gI\n" for pattern in PATTERNS), "utf-8")
    shell = 'cp -r "$1" "$2" && cd "$2" && find . -type f -exec sed -i -E -f "$3" {} +'
    return ["sh", "-c", shell, "sed", str(source), str(target), str(script)]


def rg_command(source: Path, target: Path, program: Path) -> list[str]:
    """One run for each file, with all patterns as one: what stays is whichever first group took part."""
    first_groups, before = "", 0
    for pattern in PATTERNS:
        first_groups += f"${{{before + 1}}}"
        before += re.compile(pattern).groups
    options = "--no-config --passthru --no-line-number --no-filename --ignore-case"
    shell = f'mkdir "$2"; cd "$1"; for f in *; do "$3" {options} -r "$4" -e "$5" -- "$f" >"$2/$f"; done; true'
    whole = "|".join(PATTERNS)
    return ["sh", "-c", shell, "rg", str(source), str(target), str(program), first_groups + MARK, whole]
