"""The moving bar on a terminal, drawn by rich on stderr. Imported only when there is one to draw."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from agent.cli.plain import printable, size
from agent.events import Collected, Collecting, Uploading
from agent.wording import counted


class ProgressBar:
    """One line: what is being gathered, or how much has gone out."""

    def __init__(self) -> None:
        self._progress = Progress(
            BarColumn(bar_width=30),
            TextColumn("{task.description}"),
            console=Console(stderr=True),
            transient=True,
        )
        self._task: TaskID = self._progress.add_task("", total=1)
        self._files = 0
        self._title = ""
        self._progress.start()

    def show(self, event: Collecting | Collected | Uploading) -> None:
        """Move the bar."""
        match event:
            case Collecting(title=title, index=index, total=total):
                self._title = title
                self._update(f"{title} ({index} of {total})", index - 1, total)
            case Collected():
                self._files += 1
                self._update(f"{self._title}: {counted(self._files, 'file')} ready")
            case Uploading(sent_bytes=sent, total_bytes=total):
                self._update(f"Sending {size(sent)} of {size(total)}", sent, max(total, 1))

    def stop(self) -> None:
        """Take the bar off the screen."""
        self._progress.stop()

    def _update(self, text: str, completed: float | None = None, total: float | None = None) -> None:
        shown = escape(printable(text).replace("\n", " "))
        self._progress.update(self._task, description=shown, completed=completed, total=total)
