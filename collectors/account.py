"""The account that is affected, for the ticket: as the person typed it, else as the application knows it."""

from __future__ import annotations

from collections.abc import Iterator

from collectors import Artifact, Collector, Context, Fact, Limits, Option, RequestItem, Sensitivity, Skipped, _options
from collectors._found_value import in_files, places


def collect(context: Context) -> Iterator[Artifact | Fact | Skipped]:
    """The user name or e-mail address as a fact; there is no artifact of it."""
    given, files = _options.text(context, "given").strip(), _options.objects(context, "files")
    if given:
        yield Fact(item=RequestItem.ACCOUNT, value=given, source="the person")
        return
    found = in_files(context, files)
    if found:
        yield Fact(item=RequestItem.ACCOUNT, value=found.value, source=found.source)
    else:
        looked = f", and none of these names one: {places(files)}" if files else ""
        yield Skipped(path="account", reason=f"nobody named the account{looked}")


COLLECTOR = Collector(
    title="Account",
    gathers="The user name or e-mail address of the affected account, from you or from the application's files.",
    why="Support must know whose account to look at.",
    sensitivity=Sensitivity.PERSONAL,
    collect=collect,
    apart=False,
    options=(
        Option(
            name="files",
            kind="objects",
            form="file-pattern",
            default=(),
            help="where the application keeps it: {file: glob, pattern: RE2 expression with one group}, by turns",
        ),
        Option(name="given", kind="string", default="", help="what the person typed (--account)"),
    ),
    items=(RequestItem.ACCOUNT,),
    limits=Limits(time_seconds=5.0, size_bytes=2**20),
)
