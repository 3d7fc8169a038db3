"""Failures of the disk, said as a sentence."""

import errno
from pathlib import Path

import pytest

from agent.errors import StorageError
from agent.storage import storage_errors


@pytest.mark.parametrize(
    ("number", "reason", "advice"),
    [
        (errno.ENOSPC, "the disk is full", "space"),
        (errno.EROFS, "the disk is read-only", "read-only"),
        (errno.EIO, "it is so", "folder"),
    ],
)
def test_names_the_path_and_what_is_wrong_and_advises(number: int, reason: str, advice: str) -> None:
    with pytest.raises(StorageError) as raised, storage_errors(Path("/some/where")):
        raise OSError(number, "it is so")
    assert str(raised.value) == f"{Path('/some/where')} cannot be used: {reason}."
    assert advice in raised.value.advice


def test_leaves_other_errors_alone() -> None:
    with pytest.raises(KeyError), storage_errors(Path("/some/where")):
        raise KeyError
