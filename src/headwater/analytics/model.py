"""What an analysis is."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from headwater.analytics.conditions import Condition
from headwater.analytics.events import Events
from headwater.analytics.periods import Period

EventName = Annotated[str, Meta(max_length=200, description="An event's name, or `page`.")]
Property = Annotated[str, Meta(max_length=200, description="A property's name.")]
Level = Annotated[float, Meta(gt=0.5, lt=1, description="The confidence of intervals.")]
Days = Annotated[int, Meta(ge=1, le=365)]
Zone = Annotated[str, Meta(max_length=64, description="A time zone, as Asia/Shanghai.")]


class Request(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """What every analysis may be asked: when, and of whom."""

    period: Period = Period()
    people: Annotated[
        Condition | None, Meta(description="Only the people who meet this; else everybody.")
    ] = None


class Analysis(msgspec.Struct, frozen=True):
    """A kind of analysis: what it is asked, what it answers, and how."""

    name: str
    title: str
    doc: str
    request: type[Request]
    answer: type[msgspec.Struct]
    ask: Callable[[Any, Events], Any]

    @property
    def summary(self) -> str:
        """What it is, in one line."""
        return self.doc.strip().partition("\n")[0]
