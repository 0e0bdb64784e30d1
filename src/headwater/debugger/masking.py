"""What the debugger shows to those who may not see personal data."""

import msgspec

from headwater.debugger.model import Seen, Stage, StageName, Trace
from headwater.search.masking import masked, masked_event, masked_text


def masked_seen(seen: Seen) -> Seen:
    """A passing event whose form and way can be seen, and not whose it is."""
    return msgspec.structs.replace(
        seen,
        user_id=masked(seen.user_id),
        anonymous_id=masked(seen.anonymous_id),
        ip=masked(seen.ip),
        detail=masked(seen.detail) if seen.detail else "",
        raw=masked_text(seen.raw),
        normalised=None if seen.normalised is None else masked_event(seen.normalised),
    )


def masked_trace(trace: Trace) -> Trace:
    """A trace whose stages can be seen, and not the values in the event."""
    differences = [
        msgspec.structs.replace(each, before=masked(each.before), after=masked(each.after))
        for each in trace.differences
    ]
    return msgspec.structs.replace(
        trace,
        detail=masked(trace.detail) if trace.detail else "",
        raw=None if trace.raw is None else masked_text(trace.raw),
        normalised=None if trace.normalised is None else masked_event(trace.normalised),
        differences=differences,
        stages=[_stage(stage) for stage in trace.stages],
    )


def _stage(stage: Stage) -> Stage:
    shown = dict(stage.facts)
    for name in ("ip", "userAgent", "detail"):
        if name in shown:
            shown[name] = masked(shown[name])
    if "violations" in shown:
        shown["violations"] = [
            {**each, "value": masked(each["value"]), "description": masked(each["description"])}
            for each in shown["violations"]
        ]
    if stage.name is StageName.LOADED and "tables" in shown:
        shown["tables"] = [
            {"table": each["table"], "row": masked(each["row"])} for each in shown["tables"]
        ]
    return msgspec.structs.replace(stage, facts=shown)
