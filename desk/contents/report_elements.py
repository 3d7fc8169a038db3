"""Which elements a bundle's report may have: those of words, tables and drawings.

A report is shown in a sandbox whose policy lets nothing be loaded. What a policy forbids to be loaded a browser may
still connect to (Chromium does for a frame), which tells somebody elsewhere that the bundle is being read, by whom
and when. So a report that has any other element is not shown at all.
"""

from __future__ import annotations

import re

_OF_REPORTS = re.compile(
    "html|head|meta|title|style|body|main|header|footer|section|article|div|span|p|br|hr|h[1-6]|dl|dt|dd|ul|ol|li|table|"
    "caption|colgroup|col|thead|tbody|tfoot|tr|th|td|code|pre|small|strong|em|b|i|u|s|sub|sup|abbr|time|figure|"
    "figcaption|details|summary|svg|g|rect|line|path|circle|polyline|polygon|text|tspan|desc",
    re.IGNORECASE,
)
# Where HTML begins one: https://html.spec.whatwg.org/multipage/parsing.html#tag-open-state
_ELEMENT = re.compile(r"<([a-z][^\s/>]*)", re.IGNORECASE)


def foreign_elements(report: str) -> set[str]:
    """The names of those that no report has; what a comment or a style holds counts too."""
    return {name for name in set(_ELEMENT.findall(report)) if not _OF_REPORTS.fullmatch(name)}
