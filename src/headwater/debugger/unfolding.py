"""From a collected request to its events as the debugger shows them. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from headwater.debugger.model import LARGEST_RAW, Outcome, Seen
from headwater.kit.clock import isoformat
from headwater.pipeline.beside import Beside
from headwater.pipeline.decode import Found, read
from headwater.pipeline.event import Aside, Drop, Event, Limits, Quarantine, Verdict, aside
from headwater.pipeline.program import NO_PROGRAMS, Programs, Stage, lead
from headwater.pipeline.repair import repaired
from headwater.pipeline.steps import STEPS
from headwater.ports import Stored
from headwater.spec import collected
from headwater.spec.violations import Violation
from headwater.workspaces.model import Source

Key = tuple[str, int, str]
"""A source, a time of receipt and a messageId: one event, or one and its repetitions at once."""


class Passing(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a request. `verdict` is what the steps say of it: None lets it through, unless
    it is a duplicate, which only the stage after them knows. `violations` are of its source's
    tracking plan."""

    id: str
    source_id: str
    partition: str
    position: int
    received_at: int
    message_id: str
    type: str
    event: str
    user_id: str | None
    anonymous_id: str | None
    verdict: Quarantine | Drop | None
    raw: str
    size: int
    library: str
    ip: str
    user_agent: str
    is_batch: bool
    violations: tuple[Violation, ...] = ()

    @property
    def key(self) -> Key:
        return self.source_id, self.received_at, self.message_id

    def seen(
        self, outcome: Outcome | None = None, normalised: dict[str, Any] | None = None
    ) -> Seen:
        """The event with what became of it; None where the verdict says it."""
        reason, detail = _said(self.verdict)
        if outcome is None:
            outcome = settled(self.verdict) or Outcome.WAITING
        return Seen(
            id=self.id,
            source_id=self.source_id,
            received_at=isoformat(self.received_at),
            message_id=self.message_id,
            type=self.type,
            event=self.event,
            user_id=self.user_id,
            anonymous_id=self.anonymous_id,
            outcome=outcome,
            reason=reason,
            detail=detail,
            raw=self.raw[:LARGEST_RAW],
            is_cut=len(self.raw) > LARGEST_RAW,
            normalised=normalised,
            library=self.library,
            ip=self.ip,
            size=self.size,
        )


def settled(verdict: Quarantine | Drop | None) -> Outcome | None:
    """What a verdict decides; None where it lets the event through."""
    if verdict is None:
        return None
    return Outcome.QUARANTINED if isinstance(verdict, Quarantine) else Outcome.FILTERED


def unfold(
    stored: Stored,
    sources: Mapping[str, Source],
    limits: Limits,
    programs: Programs = NO_PROGRAMS,
) -> list[Passing]:
    """The events of a collected request, in their order; those that are none come last.

    What a rule decides by earlier events, it decides here by those that the programs have seen.
    """
    found = Found()
    read(stored, sources, limits, found)
    sent = [_as_sent(event) for event in found.events]
    beside = Beside()
    verdicts = _judged(found.events, programs.of(stored.record.source_id), beside)
    violations: dict[str, list[Violation]] = {}
    for _, each in beside.violations:
        violations.setdefault(each.message_id, []).append(each)
    events = [
        _passing(stored, event, number, verdicts[number], sent[number], violations)
        for number, event in enumerate(found.events)
    ]
    return events + [
        _broken(stored, each, number) for number, each in enumerate(found.aside, len(events))
    ]


class _Sent(msgspec.Struct, frozen=True):
    """What the steps take out of an event, or alter."""

    library: str
    name: str


def _as_sent(event: Event) -> _Sent:
    names = (event.rest.get(name) for name in ("event", "name"))
    name = next((each for each in names if isinstance(each, str)), "")
    return _Sent(_library(event.rest.get("context")), name)


def _judged(events: Sequence[Event], stages: Sequence[Stage], beside: Beside) -> list[Verdict]:
    """What the steps and the source's program say of each event; alters them in place."""
    verdicts = [_stepped(event) for event in events]
    if stages:
        places = {id(event): place for place, event in enumerate(events)}

        def leave_out(event: Event, verdict: Quarantine | Drop) -> None:
            verdicts[places[id(event)]] = verdict

        passed = [e for e, verdict in zip(events, verdicts, strict=True) if verdict is None]
        lead(stages, passed, leave_out, Counter(), beside)
    return verdicts


def _stepped(event: Event) -> Verdict:
    for _, step in STEPS:
        verdict = step(event)
        if verdict is not None:
            return verdict
    return None


def _passing(
    stored: Stored,
    event: Event,
    number: int,
    verdict: Verdict,
    sent: _Sent,
    violations: Mapping[str, Sequence[Violation]],
) -> Passing:
    known = aside(event, verdict) if isinstance(verdict, Quarantine) else None
    name = event.event or event.name or sent.name
    return _shown(
        stored,
        number,
        event.raw,
        verdict,
        message_id=known.message_id if known else event.message_id,
        type=known.type if known else event.type,
        event=name,
        user_id=event.user_id or _text(event.rest.get("userId")),
        anonymous_id=event.anonymous_id or _text(event.rest.get("anonymousId")),
        library=sent.library,
        violations=tuple(violations.get(event.message_id, ())),
    )


def _broken(stored: Stored, found: Aside, number: int) -> Passing:
    return _shown(
        stored,
        number,
        found.raw,
        found.verdict,
        message_id=found.message_id,
        type=found.type,
        event=found.event,
        user_id=None,
        anonymous_id=None,
        library="",
    )


def _shown(
    stored: Stored,
    number: int,
    raw: msgspec.Raw | bytes,
    verdict: Quarantine | Drop | None,
    **known: Any,
) -> Passing:
    request = _request(stored.record.meta)
    content = bytes(raw)
    return Passing(
        id=f"{stored.partition}.{stored.position}.{number}",
        source_id=stored.record.source_id,
        partition=stored.partition,
        position=stored.position,
        received_at=stored.record.received_at,
        verdict=verdict,
        raw=_as_text(content),
        size=len(content),
        ip=request.ip,
        user_agent=request.user_agent,
        is_batch=request.shape is collected.Shape.BATCH,
        **known,
    )


def _request(meta: bytes) -> collected.Request:
    try:
        return collected.DECODER.decode(meta)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return collected.Request(collected.Shape.EVENT)


def _library(context: object) -> str:
    """The name and version of the library that made an event."""
    library = context.get("library") if isinstance(context, dict) else None
    if not isinstance(library, dict):
        return ""
    parts = [library.get(name) for name in ("name", "version")]
    return " ".join(part for part in parts if isinstance(part, str))


def _as_text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return repaired(raw).decode()


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _said(verdict: Quarantine | Drop | None) -> tuple[str, str]:
    if verdict is None:
        return "", ""
    if isinstance(verdict, Quarantine):
        return verdict.reason.value, verdict.detail
    return verdict.reason, ""
