"""A bundle of a request that a person looks at: waited for, shown as it lies there, and never another one."""

import dataclasses
from pathlib import Path

import pytest

from agent import previews
from agent.cli import request_preview
from agent.cli.output import Output
from agent.errors import ClosedTicket, InvalidBundle, StorageError, UsageError
from agent.flow import Member
from agent.previews import Preview

ID = "4f0f6f0e-6a3a-4b3e-8d3a-0a8e5f5f5f5f"
MEMBER = Member(path="logs/a.log", size_bytes=7, sha256="ab" * 32, source="/var/a.log", replacements=3)


@pytest.fixture
def kept(tmp_path: Path, make_archive) -> Preview:
    archive = dataclasses.replace(make_archive(), bundle_id=ID, members=(MEMBER,), counts={"mail": 3})
    made = Preview(archive=archive, endpoint="desk:https://desk.example", ticket="17", pseudonym_scope="scope")
    return previews.keep(tmp_path / "state", made)


def request(kept: Preview, **preview: object) -> dict:
    about = {"exclude": [], "is_being_made": False, "file": str(kept.archive.file), "sha256": kept.archive.sha256}
    return {"request_id": ID, "step": "asking", "outcome": "", "preview": {**about, **preview}}


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """What the service answers next, the last again and again."""
    answers: list[dict] = []

    def ask(question: str, **_: object) -> dict:
        told = answers.pop(0) if len(answers) > 1 else answers[0]
        return {"request": told} if question == "preview" else {"requests": [told] if told else []}

    monkeypatch.setattr(request_preview, "ask", ask)
    monkeypatch.setattr(request_preview, "LOOK_AGAIN_SECONDS", 0.0)
    return answers


def test_it_is_waited_for_and_shown_with_all_that_is_in_it(service, kept: Preview) -> None:
    service += [request(kept, is_being_made=True), request(kept, is_being_made=True), request(kept)]
    found = request_preview.gathered(Output(), ID, [])
    assert found == kept
    shown = "\n".join(request_preview.lines(found))
    for told in (kept.archive.sha256, "logs/a.log", "3 replaced", str(kept.archive.file)):
        assert told in shown
    assert request_preview.where(found) == "desk:https://desk.example, ticket 17"


def test_what_kept_it_from_being_made_has_its_own_sentence_and_code(service, kept: Preview, machine) -> None:
    about = {"exclude": [], "is_being_made": False}
    failed = {**about, "sentence": "Ticket 17 is closed.", "advice": "Open another.", "exit_code": 22}
    service.append({**request(kept), "preview": failed})
    with pytest.raises(ClosedTicket, match="Ticket 17 is closed") as told:
        request_preview.gathered(Output(), ID, [])
    assert told.value.advice == "Open another."
    service[:] = [{**request(kept), "preview": about}]
    with pytest.raises(UsageError, match="The service was ended") as told:
        request_preview.gathered(Output(), ID, [])
    assert f"requests preview {ID}" in told.value.advice


def test_a_request_that_ends_meanwhile_is_told(service, kept: Preview) -> None:
    service += [request(kept, is_being_made=True), {**request(kept), "step": "ended", "outcome": "cancelled"}]
    with pytest.raises(UsageError, match="it is cancelled"):
        request_preview.gathered(Output(), ID, [])
    service[:] = [request(kept, is_being_made=True), {}]
    with pytest.raises(UsageError, match="There is no request"):
        request_preview.gathered(Output(), ID, [])


def test_only_what_lacks_the_same_is_ready(kept: Preview) -> None:
    assert request_preview.ready(request(kept), []) == kept
    assert request_preview.ready(request(kept, exclude=["a", "b"]), ["b", "a"]) == kept
    assert request_preview.ready(request(kept, exclude=["a"]), []) == kept
    assert request_preview.ready(request(kept), ["a"]) is None
    assert request_preview.ready(request(kept, is_being_made=True), []) is None
    assert request_preview.ready({"preview": {"is_being_made": False}}, []) is None


def test_what_lies_there_now_must_be_what_was_gathered(kept: Preview, machine) -> None:
    with pytest.raises(InvalidBundle, match="not the one that was gathered"):
        request_preview.ready(request(kept, sha256="0" * 64), [])
    kept.archive.file.write_bytes(b"7z")
    with pytest.raises(InvalidBundle, match="has changed") as told:
        request_preview.ready(request(kept), [])
    assert f"requests preview {ID}" in told.value.advice
    kept.archive.file.unlink()
    with pytest.raises(StorageError):
        request_preview.ready(request(kept), [])
