"""Which of the passing events somebody wants to see."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

import msgspec

from headwater import fql
from headwater.debugger.masking import masked_seen
from headwater.debugger.model import Seen
from headwater.errors import BadRequestError

LONGEST_TEXT: Final = 1_000


class Filter:
    """Admits events by FQL and by a text that is anywhere in them, in any letter case."""

    def __init__(
        self,
        condition: Callable[[Mapping[str, Any]], bool] | None,
        text: str,
        hidden: Collection[str] = (),
    ) -> None:
        self._condition = condition
        self._text = text.casefold()
        self._hidden = hidden

    @classmethod
    def of(cls, source: str = "", text: str = "", hidden: Collection[str] = ()) -> "Filter":
        """A filter of what people write. Raises FqlError and BadRequestError.

        Of the sources `hidden` the asker may see no personal data: their events are looked at as
        they are shown to him, so that nothing can be learned by asking.
        """
        if len(text) > LONGEST_TEXT:
            raise BadRequestError(f"text: may have {LONGEST_TEXT:,} characters.")
        return cls(fql.compile(source) if source.strip() else None, text.strip(), hidden)

    def admits(self, seen: Seen) -> bool:
        """Whether the event is wanted: as it is delivered, or else as it was received."""
        if not self._text and self._condition is None:
            return True
        if seen.source_id in self._hidden:
            seen = masked_seen(seen)
        if self._text and not self._has_text(seen):
            return False
        return self._condition is None or self._condition(_event(seen))

    def _has_text(self, seen: Seen) -> bool:
        if self._text in seen.raw.casefold() or self._text in seen.message_id.casefold():
            return True
        if seen.normalised is None:
            return False
        return self._text in msgspec.json.encode(seen.normalised).decode().casefold()


def _event(seen: Seen) -> Mapping[str, Any]:
    if seen.normalised is not None:
        return seen.normalised
    try:
        event = msgspec.json.decode(seen.raw)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}
