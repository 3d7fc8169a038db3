"""The GUID by which support knows this computer: the application's own, else the one sendlogs made."""

from __future__ import annotations

from collections.abc import Iterator

from collectors import Artifact, Collector, Context, Fact, Limits, Option, RequestItem, Sensitivity, Skipped, _options
from collectors._found_value import Found, in_files, places


def collect(context: Context) -> Iterator[Artifact | Fact | Skipped]:
    """The GUID as a fact, and ``computer_id/computer_id.json`` with where it is from."""
    files, own = _options.objects(context, "files"), _options.text(context, "own")
    found = in_files(context, files)
    if found is None and files:
        yield Skipped(path="computer_id", reason=f"the application's own is in none of these: {places(files)}")
    if found is None and own:
        found = Found(value=own, source="sendlogs' own, made at its first run on this computer")
    if found is None:
        yield Skipped(path="computer_id", reason="neither the application nor sendlogs has given one")
        return
    yield Fact(item=RequestItem.COMPUTER_ID, value=found.value, source=found.source)
    content = {"computer_id": found.value, "source": found.source, "own": own or None}
    yield Artifact.of_json("computer_id/computer_id.json", content, source=found.source)


COLLECTOR = Collector(
    title="Computer ID",
    gathers="The GUID that the application, or else sendlogs, has given to this computer.",
    why="Support finds the computer by it in the console and in the server's logs.",
    sensitivity=Sensitivity.LOW,
    collect=collect,
    apart=False,
    options=(
        Option(
            name="files",
            kind="objects",
            form="file-pattern",
            default=(),
            help="where the application keeps its GUID: {file: glob, pattern: RE2 expression with one group}, by turns",
        ),
        Option(name="own", kind="string", default="", help="the GUID of sendlogs itself; the plan fills it in"),
    ),
    items=(RequestItem.COMPUTER_ID,),
    limits=Limits(time_seconds=5.0, size_bytes=2**20),
)
