"""Folders of own redaction rules and own profiles: which of their files count, and what is said of one not there.

A rule that drops out without a word is a value that leaves, so that a folder is read or told of, and a file counts
whichever of YAML's two endings it has.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from config import ConfigurationProblem

SUFFIXES = (".yaml", ".yml")


def files_in(folder: Path, what: str, key: str) -> list[Path]:
    """The YAML files of ``folder`` by name. Raise ``ConfigurationProblem`` if it cannot be read.

    ``what`` they hold and the ``key`` of the setting that names such folders are for the message.
    """
    try:
        return sorted(file for file in folder.iterdir() if file.name.lower().endswith(SUFFIXES))
    except OSError as error:
        way_out = f"mount it, make it, give your account the right to read it, or take it out of {key}"
        why = error.strerror or type(error).__name__
        raise ConfigurationProblem(f"{folder}: this folder of {what} cannot be read ({why}): {way_out}") from error


def needed(folders: Sequence[Path], count_usual: int) -> tuple[Path, ...]:
    """``folders`` without those of the first ``count_usual`` where there is nothing: nobody has asked for them.

    A link that leads nowhere is something: what it led to is missing.
    """
    usual = (folder for folder in folders[:count_usual] if os.path.lexists(folder))
    return (*usual, *folders[count_usual:])


def faults(folders: Sequence[Path], what: str, key: str) -> Iterator[str]:
    """A sentence for each of ``folders`` that cannot be read."""
    for folder in folders:
        try:
            files_in(folder, what, key)
        except ConfigurationProblem as problem:
            yield str(problem)
