"""The whole way of one event: what each stage knows of it, and what it changed."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from headwater.debugger.differences import differences
from headwater.debugger.locating import Copies
from headwater.debugger.model import (
    Difference,
    KeptAside,
    Outcome,
    Stage,
    StageName,
    StageState,
    Trace,
)
from headwater.debugger.unfolding import Passing
from headwater.kit.clock import isoformat
from headwater.ports import REPLAYS
from headwater.search.model import StoredEvent


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """All that could be found out about a messageId.

    `request` is the event as it was collected, where the log holds it; `passed` as it left the
    pipeline, where it is not loaded yet; `stored` as it is loaded; `kept` as it is kept aside.
    """

    message_id: str
    source_id: str
    received_at: int
    request: Passing | None
    led: bool
    passed: dict[str, Any] | None
    stored: StoredEvent | None
    kept: KeptAside | None
    repeats: int


def trace(known: Known) -> Trace:
    """The trace of what is known. Pure."""
    normalised = known.stored.json if known.stored else known.passed
    raw = _raw(known)
    outcome, reason, detail = _outcome(known)
    return Trace(
        message_id=known.message_id,
        source_id=known.source_id,
        outcome=outcome,
        reason=reason,
        detail=detail,
        raw=raw,
        normalised=normalised,
        differences=_differences(raw, normalised),
        stages=[
            _received(known),
            _pipeline(known, outcome, reason, detail),
            _accepted(known, outcome, normalised),
            _loaded(known, outcome),
            _deliveries(),
        ],
        quarantine_key=known.kept.key if known.kept else None,
        repeats=known.repeats,
    )


def _raw(known: Known) -> str | None:
    if known.request is not None:
        return known.request.raw
    return known.kept.raw if known.kept is not None else None


def _outcome(known: Known) -> tuple[Outcome, str, str]:
    if known.stored is not None or known.passed is not None:
        return Outcome.ACCEPTED, "", ""
    if known.kept is not None:
        return Outcome.QUARANTINED, known.kept.reason, known.kept.detail
    request = known.request
    if request is None:
        return Outcome.UNKNOWN, "", ""
    if not known.led:
        return Outcome.WAITING, "", ""
    seen = request.seen()
    if request.verdict is not None:
        return seen.outcome, seen.reason, seen.detail
    return Outcome.DUPLICATE, "", "An event with this messageId had passed before."


def _differences(raw: str | None, normalised: dict[str, Any] | None) -> Sequence[Difference]:
    if raw is None or normalised is None:
        return []
    try:
        before = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return []
    return differences(before, normalised) if isinstance(before, dict) else []


def _received(known: Known) -> Stage:
    at = isoformat(known.received_at)
    request = known.request
    if request is None:
        return Stage(StageName.RECEIVED, StageState.GONE, at)
    facts = {
        "ip": request.ip,
        "userAgent": request.user_agent,
        "library": request.library,
        "size": request.size,
        "partition": request.partition,
        "position": request.position,
        "batch": request.is_batch,
        "replay": request.partition == REPLAYS,
    }
    return Stage(StageName.RECEIVED, StageState.DONE, at, facts)


def _pipeline(known: Known, outcome: Outcome, reason: str, detail: str) -> Stage:
    if outcome is Outcome.WAITING:
        return Stage(StageName.PIPELINE, StageState.WAITING)
    violations = _violations(known)
    if outcome is Outcome.ACCEPTED or reason == "load_failed":
        return Stage(StageName.PIPELINE, StageState.DONE, facts=violations)
    facts: dict[str, Any] = {"outcome": outcome.value, "reason": reason, "detail": detail}
    facts |= violations
    if known.kept is not None:
        facts["quarantineKey"] = known.kept.key
    return Stage(StageName.PIPELINE, StageState.FAILED, facts=facts)


def _violations(known: Known) -> dict[str, Any]:
    """How the event differs from its source's tracking plan, as that is now."""
    if known.request is None or not known.request.violations:
        return {}
    return {
        "violations": [
            {
                "type": each.type.value,
                "field": each.field,
                "description": each.description,
                "value": each.value,
                "remedy": each.remedy.value,
            }
            for each in known.request.violations
        ]
    }


def _accepted(known: Known, outcome: Outcome, normalised: Mapping[str, Any] | None) -> Stage:
    if normalised is not None:
        facts = {"type": normalised.get("type"), "event": normalised.get("event")}
        return Stage(StageName.ACCEPTED, StageState.DONE, facts=facts)
    if known.kept is not None and known.kept.reason == "load_failed":
        return Stage(StageName.ACCEPTED, StageState.DONE)
    state = StageState.WAITING if outcome is Outcome.WAITING else StageState.NONE
    return Stage(StageName.ACCEPTED, state)


def _loaded(known: Known, outcome: Outcome) -> Stage:
    if known.stored is not None:
        tables = [{"table": row.table, "row": row.row} for row in known.stored.rows]
        return Stage(StageName.LOADED, StageState.DONE, facts={"tables": tables})
    if known.kept is not None and known.kept.reason == "load_failed":
        facts = {"reason": known.kept.reason, "detail": known.kept.detail}
        return Stage(StageName.LOADED, StageState.FAILED, facts=facts)
    waits = outcome in (Outcome.WAITING, Outcome.ACCEPTED)
    return Stage(StageName.LOADED, StageState.WAITING if waits else StageState.NONE)


def _deliveries() -> Stage:
    return Stage(StageName.DELIVERIES, StageState.NONE, facts={"deliveries": []})


def chosen(copies: Copies, received_at: int | None) -> tuple[Passing | None, int]:
    """The copy that was received at a time, or else the first; and how many more there are.

    Of an event that was sent on again it is the replay, which takes the place of what was first
    received at that time.
    """
    events = copies.events
    at_once = [each for each in events if received_at in (None, each.received_at)]
    if not at_once:
        return None, len(events)
    replay = next((each for each in at_once if each.partition == REPLAYS), None)
    if replay is None:
        return at_once[0], len(events) - 1
    return replay, sum(each.received_at != replay.received_at for each in events)
