"""Only enabled sources have events."""

from headwater.pipeline.event import Event, Quarantine, Verdict
from headwater.spec.reasons import Reason


def require_source(event: Event) -> Verdict:
    """Keep aside what a source sent that is disabled or deleted by now."""
    if event.receipt.is_enabled:
        return None
    return Quarantine(Reason.SOURCE_DISABLED, "The source is disabled or was deleted.")
