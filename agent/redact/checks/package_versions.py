"""Versions of four numbers as package managers print them, told from the address of a machine beside its name."""

from __future__ import annotations

import re

_LOOK_BACK_BYTES = 80
# actionpack (7.1.3.2) lib/x.rb:3:in, as Rails prints a frame; "    rails (7.1.3.2)" is a line of a Gemfile.lock.
_IN_BRACKETS = re.compile(rb"(?:\A|[\s*])[a-z][\w-]{1,60} \(\Z")
_ALONE = re.compile(rb"(?:\A|\n)[ ]{1,6}(?:\* )?[a-z][\w-]{1,60} \(\Z")
_FOLDER_BEHIND = re.compile(rb"\) \[?(?:lib|app|exe|bin|ext|config)/[\w./-]")
_END_BEHIND = re.compile(rb"\)[ \t]{0,2}(?:\r?\n|\r?\Z)")
# Microsoft.Identity.Client 4.60.3.0, gem 'rails', '~> 7.1.3.2', and /usr/lib/ruby/gems/rails-7.1.3.2/lib
_NAMED = re.compile(
    rb"\bgem [\"'][\w.-]{1,50}[\"'], ?[\"'](?:[~<>=]{1,2} )?\Z|/(?:gems|specifications)/[\w.-]{1,50}-\Z|"
    rb"\b(?:Microsoft|System|Azure|Newtonsoft|NuGet|Serilog|AWSSDK|EntityFramework|Npgsql|Grpc)(?:\.[A-Z][A-Za-z0-9]{1,30}){1,6}"
    rb"[ /,](?: ?v(?:ersion)?[ .]?)?\Z|"
    rb"\b(?:Using|Installing|Fetching) [a-z][\w-]{1,50} [\d.]{5,20} \(was \Z"
)


def is_of_package(lines: bytes, start: int, end: int) -> bool:
    """Whether the four numbers from ``start`` to ``end`` are the version of a package; its first is a single digit."""
    if lines[start + 1 : start + 2] != b".":
        return False
    before = lines[max(0, start - _LOOK_BACK_BYTES) : start]
    if before[-1:] != b"(":
        return _NAMED.search(before) is not None
    if _FOLDER_BEHIND.match(lines, end) is not None:
        return _IN_BRACKETS.search(before) is not None
    return _END_BEHIND.match(lines, end) is not None and _ALONE.search(before) is not None
