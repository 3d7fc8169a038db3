"""Failures of the disk, said as a sentence."""

import errno
from pathlib import Path

import pytest

from agent.errors import StorageError
from agent.storage import storage_errors


@pytest.mark.parametrize(
    ("number", "advice"), [(errno.ENOSPC, "space"), (errno.EROFS, "read-only"), (errno.EIO, "folder")]
)
def test_names_the_path_and_advises(number: int, advice: str) -> None:
    with pytest.raises(StorageError, match="/some/where cannot be used") as raised, storage_errors(Path("/some/where")):
        raise OSError(number, "it is so")
    assert advice in raised.value.advice


def test_leaves_other_errors_alone() -> None:
    with pytest.raises(KeyError), storage_errors(Path("/some/where")):
        raise KeyError
