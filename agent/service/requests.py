"""What becomes of each request: checked, answered by policy or person, gathered, delivered, and told at each step.

The steps are a record's ``step``; each is on the disk before what it leads to is begun, and each errand can be run
again: the check knows ids that are used up, and gathering looks first whether the bundle, which bears the request's
own id, has a receipt or waits in the outbox. So whatever ends the service, a request is finished, taken up again, or
told as failed, and never done twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agent.service.children import Errand, Event, Lane
from agent.service.previews import Previews
from agent.service.records import ENDED, Record, Records, is_request_id, now_text
from agent.service.telling import Telling
from agent.service.untold import Untold

_MOST_LIVE = 32  # the rate on the device allows a few a day; more is a desk gone mad
_LONGEST_ENVELOPE = 16 * 2**10 + 1  # one more than may be, in characters: decision 80
_MOST_SUCCESSIONS = 100  # as many as the device remembers; see ``agent.remote.pins``
_MOST_ATTEMPTS = 3  # a request that ends the process, or the computer, each time is not begun for ever
_ENDS = frozenset({"done", "declined", "refused", "failed", "cancelled", "expired"})
_NOBODY = "Nobody answered."
_LINE = {"head": "audit_head", "note": "note", "detail": "detail"}  # of an errand's result: its line, or what to write


class Requests:
    """All requests of this computer. ``tell`` is called when there is something to be told to the desk.

    ``command`` is how a person begins a command line for this service.
    """

    def __init__(
        self,
        records: Records,
        quick: Lane,
        long: Lane,
        *,
        tell: Callable[[], None],
        log: Callable[[str], None],
        command: str,
    ) -> None:
        self._command = command
        self._records, self._quick, self._long, self._tell, self._log = records, quick, long, tell, log
        self._untold = Untold(records, quick, tell, log)
        self._previews = Previews(records, long)

    def resume(self) -> None:
        """Take up what an earlier service left in the middle."""
        for record in self._live():
            if record.step == "uploading":
                self._gather(record)
        self.look_at_the_clock()
        self._tell()

    def heard(self, answer: Mapping[str, Any]) -> None:
        """What the desk told: new requests, and those that are at an end there."""
        successions = [text[:_LONGEST_ENVELOPE] for text in _texts(answer.get("successions"))][-_MOST_SUCCESSIONS:]
        for told in _listed(answer.get("requests")):
            if not isinstance(told, dict) or not is_request_id(told.get("request_id")):
                continue
            record, state, envelope = (
                self._records.get(told["request_id"]),
                str(told.get("state")),
                told.get("envelope"),
            )
            if record is not None:
                self._desk_says(record, state)
            elif state not in _ENDS and isinstance(envelope, str) and self._records.open_count < _MOST_LIVE:
                envelope = envelope[:_LONGEST_ENVELOPE]  # what is cut by that is refused as oversized
                record = Record(request_id=told["request_id"], envelope=envelope, received_at=now_text())
                self._records.save(record)
                self._check(record, successions, again=False)

    def preview(self, request_id: object, exclude: list[str], by: str) -> Event:
        """The person wants to see the bundle before the answer. Raise ``ValueError`` unless that request waits."""
        return self._previews.make(self._asked(request_id), exclude, by)

    def allow(self, request_id: object, exclude: list[str], by: str, sha256: str = "") -> Event:
        """The person says yes, as ``Previews.agree`` has it. Raise ``ValueError`` unless that request waits for it."""
        record = self._asked(request_id)
        self._previews.agree(record, sha256, exclude, by)
        self._gather(record)
        return self.shown(record)

    def decline(self, request_id: object, words: str, by: str) -> Event:
        """The person says no. Raise ``ValueError`` unless that request waits for an answer."""
        record = self._asked(request_id)
        record.answered_by = by
        self._end(record, "declined", words, note="request-declined")
        return self.shown(record)

    def later(self, request_id: object, by: str) -> Event:
        """The person says not now; the desk is told, and the request waits on. Raise ``ValueError`` as ``allow``."""
        record = self._asked(request_id)
        self._untold.add(record, "asking", f"{by} says: not now.", note="request-put-off")
        return self.shown(record)

    def look_at_the_clock(self) -> None:
        """End what nobody answered in time; take up what no errand works on, such as after a full disk."""
        for record in self._records:
            if record.to_forget:
                self._forget(record)
            elif record.step == "asking" and record.expires_at <= now_text():
                self._end(record, "declined", _NOBODY, note="request-declined")
            elif record.step == "checking" and not self._quick.has("admit", record.request_id):
                self._check(record, [], again=True)
            elif record.step in ("waiting", "gathering") and not self._long.has("gather", record.request_id):
                self._gather(record)
        self._untold.write_notes()

    def settle(self, outcome: Event) -> None:
        """What the outbox came to: bundles that were delivered, and bundles that never will be."""
        for request_id in _listed(outcome.get("delivered")):
            if (record := self._records.get(str(request_id))) and not record.is_ended:
                self._end(record, "done", bundle_id=record.request_id, head=str(outcome.get("audit_head", "")))
        for request_id, reason in dict(outcome.get("lost") or {}).items():
            if (record := self._records.get(request_id)) and not record.is_ended:
                self._fail(record, str(reason))

    @property
    def uploading(self) -> list[str]:
        """The requests whose bundle waits in the outbox."""
        busy = self._long.has
        return [r.request_id for r in self._live() if r.step == "uploading" and not busy("gather", r.request_id)]

    @property
    def withdrawn(self) -> list[str]:
        """The requests whose bundle, if there is one, must not leave any more."""
        return [record.request_id for record in self._records if record.to_forget]

    def next_telling(self) -> Telling | None:
        """What the desk is to hear next; what comes of it goes to ``was_told`` or ``was_refused``."""
        return self._untold.next()

    def was_told(self, telling: Telling, answer: object) -> None:
        """The desk heard it, and says how it sees the request."""
        record = self.was_refused(telling)
        if record is not None and isinstance(answer, dict):
            state = str(answer.get("state"))
            if state in _ENDS and telling.value["state"] == record.outcome != state:
                self._untold.note(record, f"request-{state}", "The desk had ended it so before it heard.")
            self._desk_says(record, state)

    def was_refused(self, telling: Telling) -> Record | None:
        """The desk will never hear it (or has heard it): it is not told again."""
        return self._untold.was_heard(telling)

    def all_shown(self) -> list[Event]:
        """Every request that is known, oldest first, as a program sees it."""
        return [self.shown(record) for record in self._records]

    def shown(self, record: Record) -> Event:
        """One request, as a program sees it."""
        return self._previews.shown(record)

    def _live(self) -> list[Record]:
        return [record for record in self._records if not record.is_ended]

    def _asked(self, request_id: object) -> Record:
        record = self._records.get(str(request_id))
        if record is None:
            raise ValueError("There is no such request.")
        if record.step != "asking":
            raise ValueError(f"That request waits for no answer: it is {record.outcome or record.step}.")
        return record

    def _desk_says(self, record: Record, state: str) -> None:
        if state in _ENDS and not record.is_ended:
            self._log(f"Request {record.request_id} is {state}, says the desk.")
            waits = record.request_id in self.uploading
            self._end(record, state, is_told=True, forget=f"request-{state}")
            self._long.end(record.request_id)
            self._quick.end(record.request_id)
            if waits:
                self._long.end("")  # the outbox is perhaps just sending it
            self._forget(record)

    def _check(self, record: Record, successions: list[str], *, again: bool) -> None:
        told = {"envelope": record.envelope, "request_id": record.request_id, "successions": successions}
        done = self._checked(record)
        self._quick.add(Errand(name="admit", arguments={**told, "again": again}, about=record.request_id, ended=done))

    def _checked(self, record: Record) -> Callable[[Event], None]:
        def ended(outcome: Event) -> None:
            if record.is_ended:
                return
            head = str(outcome.get("audit_head", ""))
            if outcome.get("event") != "result":
                self._end(record, "failed", str(outcome.get("sentence", "")), note="request-failed")
            elif "refused" in outcome:
                state, note = str(outcome.get("state", "refused")), str(outcome.get("note", ""))
                self._log(f"Request {record.request_id} is {state}: {outcome['refused']}")
                self._end(record, state, str(outcome["refused"]), head=head, note=note)
            else:
                for name, value in dict(outcome["request"]).items():
                    setattr(record, name, value)
                record.policy = str(outcome["policy"])
                self._by_policy(record, head)

        return ended

    def _by_policy(self, record: Record, head: str) -> None:
        who = f"{record.requester} asks for a bundle of '{record.profile}' for ticket {record.ticket} ({record.reason})"
        if record.policy == "ask":
            record.step = "asking"
            shows = f"{self._command} requests show {record.request_id}"
            self._log(f"{who}. Answer with preview, allow, decline or later in the place of show: {shows}")
            self._untold.add(record, "asking", head=head)
        elif record.policy in ("notify", "allow"):
            record.step = "waiting"
            self._records.save(record)
            self._log(f"{who}; the settings ({record.policy}) allow that, and it is gathered now.")
            self._gather(record)
        else:
            words = "policy-off: This computer's settings allow no requests."
            self._end(record, "refused", words, head=head, note="request-refused")

    def _gather(self, record: Record) -> None:
        too_late = record.expires_at <= now_text() or record.attempts >= _MOST_ATTEMPTS
        self._long.add(
            Errand(
                name="gather",
                arguments={**record.told("exclude", "answered_by", "agreed_sha256"), "only_finish": too_late},
                about=record.request_id,
                said=lambda event: self._came_to(record, event),
                ended=lambda outcome: self._gathered(record, outcome),
            )
        )

    def _came_to(self, record: Record, event: Event) -> None:
        if event.get("event") != "step" or record.is_ended:
            return
        step = str(event.get("step"))
        record.step = step
        if step == "gathering" or (step == "uploading" and record.agreed_sha256):  # gathered before it was agreed to
            record.attempts += 1
        self._untold.add(record, step, head=str(event.get("audit_head", "")))

    def _gathered(self, record: Record, outcome: Event) -> None:
        if record.is_ended:
            return
        told: dict[str, Any] = {name: str(outcome.get(key, "")) for name, key in _LINE.items()}
        if outcome.get("event") == "result" and outcome.get("outcome") == "done":
            self._log(f"Request {record.request_id} is done: its bundle is on ticket {record.ticket}.")
            self._end(record, "done", bundle_id=record.request_id, **told)
        elif outcome.get("event") == "result":
            record.step = "uploading"
            self._untold.add(record, "uploading", str(outcome.get("reason", "")), **told)
        elif outcome.get("died") and record.attempts < _MOST_ATTEMPTS:
            record.attempts += 1
            self._records.save(record)
            self._gather(record)
        else:
            self._fail(record, str(outcome.get("sentence", "")))

    def _fail(self, record: Record, sentence: str) -> None:
        self._log(f"Request {record.request_id} has failed: {sentence}")
        self._end(record, "failed", sentence, note="request-failed", detail=sentence, forget="bundle-removed")
        self._forget(record)

    def _forget(self, record: Record) -> None:
        """Remove what was gathered for it and did not leave; until that is done it is tried again each minute."""
        about = f"forget {record.request_id}"

        def ended(outcome: Event) -> None:
            if outcome.get("event") == "result":
                record.to_forget, record.preview = "", {}
                self._records.save(record)

        if not self._quick.has("forget", about):
            arguments = {"request_id": record.request_id, "what": record.to_forget}
            self._quick.add(Errand(name="forget", arguments=arguments, about=about, ended=ended))

    def _end(
        self, record: Record, state: str, words: str = "", *, is_told: bool = False, forget: str = "", **more: Any
    ) -> None:
        record.step, record.outcome, record.words, record.ended_at = ENDED, state, words, now_text()
        record.to_forget = forget or ("preview-removed" if record.preview else "")
        if is_told:
            record.untold.clear()
            self._records.save(record)
        else:
            self._untold.add(record, state, words, **more)
        if record.preview:
            self._long.end(record.request_id)  # it is perhaps just being gathered
            self._forget(record)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    return [text for text in _listed(value) if isinstance(text, str)]
