"""``report.html``: the one page a champion reads before opening any log.

What product, which version, which machine; when it started going wrong; what is missing, and what was
removed. Self-contained: no script, nothing fetched, style and picture inside, and a policy in the page that
forbids the rest, so that it may be opened straight from an archive. Everything shown is either our own
words or has passed redaction, and all of it is escaped here, whatever it is.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from html import escape
from string import Template
from typing import cast

from agent.flow import Redacted, Severity
from agent.manifest import RulesetInfo
from agent.report import timeline
from agent.report.log_trouble import ErrorLine, LogTrouble, Message
from collectors import Skipped

_TITLES = {
    "product": "Product",
    "operating_system": "Operating system",
    "description": "Description",
    "screenshots": "Screenshots",
    "computer_id": "Computer ID",
    "logs": "Logs",
    "account": "Account",
    "version": "Version",
    "cloud": "Cloud services",
}
_MAX_LOGS_WITH_LINES = 12
_MAX_RULES_PER_FILE = 3
_MAX_ROWS = 500  # of skipped things; the manifest has them all


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What the page is made of; ``head`` is the manifest up to its members."""

    head: Mapping[str, object]
    members: Sequence[Redacted]
    skipped: Sequence[Skipped]
    counts: Mapping[str, int]
    troubles: Sequence[LogTrouble]
    messages: Sequence[Message]
    ruleset: RulesetInfo


def render(contents: Contents) -> str:
    """The whole page."""
    body = [
        _header(contents),
        _facts(contents),
        _description(contents),
        _trouble(contents),
        _messages(contents.messages),
        _missing(contents),
        _replaced(contents),
        _files(contents.members),
        _footer(contents),
    ]
    page = Template(_data("page.html"))
    title = f"{contents.head['product']}: diagnostic report"
    return page.substitute(title=escape(title), style=_data("page.css"), body="\n".join(filter(None, body)))


@cache
def _data(name: str) -> str:
    return importlib.resources.files(__package__).joinpath(name).read_text("utf-8")


def _request(contents: Contents) -> Mapping[str, object]:
    return cast("Mapping[str, object]", contents.head["request"])


def _items(contents: Contents) -> dict[str, Mapping[str, str | None]]:
    items = cast("Sequence[Mapping[str, str | None]]", contents.head["items"])
    return {str(item["item"]): item for item in items}


def _header(contents: Contents) -> str:
    request = _request(contents)
    severity = Severity(cast("int", request["severity"]))
    product = _items(contents)["product"]["value"] or contents.head["product"]
    version = _items(contents)["version"]["value"]
    name = f"{product} {version}" if version else str(product)
    ticket = cast("Mapping[str, str] | None", request["ticket"])
    about = f"New ticket: {ticket['subject']}" if ticket and "subject" in ticket else ""
    about = f"Ticket {ticket['number']}" if ticket and "number" in ticket else about
    made = f"Gathered {_readable(str(contents.head['made_at']))}"
    by = f"asked for by {request['requested_by']}" if request["requested_by"] else ""
    line = " · ".join(part for part in (about, made, by) if part)
    pill = f'<span class="pill severity-{int(severity)}" title="{escape(severity.meaning)}">'
    pill += f"Severity {int(severity)} · {severity.name.capitalize()}</span>"
    return f"<header><div><h1>{escape(name)}</h1><p>{escape(line)}</p></div>{pill}</header>"


def _facts(contents: Contents) -> str:
    rows = []
    for key, item in _items(contents).items():
        if key == "description":
            continue
        value, source = item["value"], item["source"] or ""
        shown = f"<dd>{escape(value)}" if value else '<dd class="none">not given'
        rows.append(f"<div><dt>{_TITLES[key]}</dt>{shown}<small>{escape(source)}</small></dd></div>")
    device = str(contents.head["computer_id"])
    if device != _items(contents)["computer_id"]["value"]:  # the application has an id of its own
        rows.append(f"<div><dt>Device</dt><dd>{escape(device)}<small>as sendlogs knows it</small></dd></div>")
    return f'<section aria-label="The request"><dl class="facts">{"".join(rows)}</dl></section>'


def _description(contents: Contents) -> str:
    request = _request(contents)
    words = "\n\n".join(str(request[key]) for key in ("description", "reason") if request[key])
    shown = f'<p class="words">{escape(words)}</p>' if words else '<p class="quiet">Nothing was written.</p>'
    return f"<section><h2>What the person says</h2>{shown}</section>"


def _trouble(contents: Contents) -> str:
    troubled = [one for one in contents.troubles if one.errors or one.warnings]
    unseen = _not_looked_into(contents)
    if not troubled:
        where = "in the logs that were looked into" if unseen else "in any log"
        nothing = f'<p class="quiet">No warning or error was found {where}.</p>'
        return _section("When it started going wrong", nothing + unseen)
    ranked = sorted(troubled, key=lambda one: (-one.errors, -one.warnings, one.member))
    parts = [_first_error(ranked)]
    picture = timeline.draw(ranked)
    if picture:
        key = '<span class="key is-error"></span>errors <span class="key is-warning"></span>warnings'
        note = "Times in UTC; a log that names no zone is read as this computer's local time."
        parts.append(f"<figure>{picture}<figcaption>{key} &nbsp; {note}</figcaption></figure>")
    parts += [_first_lines(one) for one in ranked[:_MAX_LOGS_WITH_LINES] if one.first_errors]
    return _section("When it started going wrong", "".join(parts) + unseen)


def _not_looked_into(contents: Contents) -> str:
    """The logs, or rests of logs, whose errors this page cannot know of."""
    reasons = {one.member: one.not_looked_into for one in contents.troubles if one.not_looked_into}
    if not reasons:
        return ""
    rows = [(_code(member), escape(reason)) for member, reason in sorted(reasons.items())[:_MAX_ROWS]]
    more = len(reasons) - _MAX_ROWS
    note = f'<p class="quiet">and {more:,} more</p>' if more > 0 else ""
    return f"<h3>Not looked into for errors</h3>{_table(('Log', 'Why'), rows)}{note}"


def _first_error(troubles: Sequence[LogTrouble]) -> str:
    dated = [line for one in troubles for line in one.first_errors if line.at is not None]
    if not dated:
        return ""
    first = min(dated, key=lambda line: cast("datetime", line.at))
    when = f"<p><strong>First error {_moment(first.at)}</strong> in <code>{_place(first)}</code></p>"
    return f'<div class="first">{when}<code>{escape(first.text)}</code></div>'


def _first_lines(trouble: LogTrouble) -> str:
    rows = "".join(
        f'<tr><td class="number">{line.line:,}</td><td><code>{escape(line.text)}</code></td></tr>'
        for line in trouble.first_errors
    )
    counts = f'{trouble.errors:,} <span class="error">errors</span>, {trouble.warnings:,} warnings'
    head = f'<h3>{escape(trouble.member)} <span class="quiet">{counts} in {trouble.lines:,} lines</span></h3>'
    return f'{head}<div class="scroll"><table><tbody>{rows}</tbody></table></div>'


def _messages(messages: Sequence[Message]) -> str:
    if not messages:
        return ""
    rows = [
        (f"{message.count:,}", _code(message.text), f"<code>{_place(message.first)}</code>", _moment(message.first.at))
        for message in messages
    ]
    return _section("Most frequent errors", _table(("#Count", "Message", "First in", "First at"), rows))


def _missing(contents: Contents) -> str:
    rows = [
        (escape(_TITLES[key]), escape(str(item["source"])))
        for key, item in _items(contents).items()
        if item["value"] is None
    ]
    rows += [(_code(item.path), escape(item.reason)) for item in contents.skipped[:_MAX_ROWS]]
    rows += [(_code(item.path), escape(f"cut: {item.truncated}")) for item in contents.members if item.truncated]
    if not rows:
        return _section("What is missing", '<p class="quiet">Nothing: all that was looked for is here, whole.</p>')
    more = len(contents.skipped) - _MAX_ROWS
    note = f'<p class="quiet">and {more:,} more, listed in manifest.json</p>' if more > 0 else ""
    return _section("What is missing, and why", _table(("What", "Why"), rows) + note)


def _replaced(contents: Contents) -> str:
    families = f"Rules version {contents.ruleset.version}: {', '.join(contents.ruleset.families)}."
    note = f'<p class="quiet">{escape(families)} Equal values have equal stand-ins throughout this ticket.</p>'
    if not contents.counts:
        return _section("What was removed", f"<p>No rule found anything to remove.</p>{note}")
    most = max(contents.counts.values())
    rows = [
        (_code(rule), f"{count:,}", f'<span class="bar" style="width:{max(count * 240 // most, 2)}px"></span>')
        for rule, count in sorted(contents.counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    return _section("What was removed", _table(("Rule", "#Replaced", ""), rows) + note)


def _files(members: Sequence[Redacted]) -> str:
    rows = []
    for item in sorted(members, key=lambda one: one.path):
        changed = _moment(item.origin.modified_at)
        replaced = f"{sum(item.counts.values()):,}{_most_frequent_rules(item)}"
        cut = f'<br><span class="warning">{escape(item.truncated)}</span>' if item.truncated else ""
        source = f"<code>{escape(item.origin.source)}</code>"
        rows.append((_code(item.path) + cut, source, changed, replaced, _size(item.size_bytes)))
    titles = ("File", "From", "Changed", "#Replaced", "#Size")
    total = _size(sum(item.size_bytes for item in members))
    return _section(f"Files ({len(rows):,}, {total})", _table(titles, rows))


def _most_frequent_rules(item: Redacted) -> str:
    """What was replaced in a file most often, and where; the manifest has all of it."""
    ranked = sorted(item.counts.items(), key=lambda pair: (-pair[1], pair[0]))[:_MAX_RULES_PER_FILE]
    told = []
    for rule, count in ranked:
        first = item.lines[rule].ranges.partition(",")[0] if rule in item.lines else ""
        told.append(f"{rule} {count:,}" + (f", from line {first.partition('-')[0]}" if first else ""))
    return "".join(f'<br><small class="quiet">{escape(line)}</small>' for line in told)


def _footer(contents: Contents) -> str:
    head = contents.head
    words = (
        f"Bundle {head['bundle_id']} · sendlogs {head['agent_version']} · profile {head['profile']} "
        f"on {head['platform']} · hashes of every file: manifest.json"
    )
    return f"<footer>{escape(words)}</footer>"


def _section(title: str, inner: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{inner}</section>"


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are HTML already; a title that begins with ``#`` heads numbers."""
    numbers = [title.startswith("#") for title in titles]
    heads = "".join(
        _cell("th", escape(title.lstrip("#")), number) for title, number in zip(titles, numbers, strict=True)
    )
    lines = ["".join(_cell("td", cell, number) for cell, number in zip(row, numbers, strict=True)) for row in rows]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(tag: str, inner: str, number: bool) -> str:  # noqa: FBT001 - two callers, both right above
    return f'<{tag} class="number">{inner}</{tag}>' if number else f"<{tag}>{inner}</{tag}>"


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _place(line: ErrorLine) -> str:
    return f"{escape(line.member)}:{line.line}"


def _moment(moment: datetime | None) -> str:
    return f'<span style="white-space:nowrap">{moment:%Y-%m-%d %H:%M:%S}</span>' if moment else "unknown"


def _readable(moment: str) -> str:
    return moment.replace("T", " ").replace("Z", " UTC")


def _size(size_bytes: int) -> str:
    size = float(size_bytes)
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"
        size /= 1024
    return f"{size:,.1f} GiB"
