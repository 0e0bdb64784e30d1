"""Put the session that an event belongs to into `context.sessionId`, after so many quiet minutes.

A session is what one device does without a pause of more than `minutes`. Its id is the moment of
its first event in milliseconds since 1970, as analytics tools have it: together with the device
(`anonymousId`, or else `userId`) it names one session. The first event that came of it has
`context.sessionStart: true`, so that counting those counts sessions. An event that an SDK gave a
`sessionId` is left alone.

What counts is when events happened, not when they came: a late event joins the session that it lies
in, or is no further from than `minutes`; the last three sessions of a device are remembered, of the
last `devices` devices. Of an event that comes later still, a session is made by itself.
"""

from collections import OrderedDict
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from headwater.cleaning.enrichment.context import Overwrite
from headwater.cleaning.model import Decide, Kind, Making, Phase
from headwater.pipeline.event import Event

SESSIONS: Final = 3
"""So many of a device are remembered."""
_MINUTE: Final = 60_000_000

Session = tuple[int, int, int]
"""When its first and last events happened, and its id."""
Known = OrderedDict[str, tuple[Session, ...]]
"""By device."""


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    minutes: Annotated[
        float, Meta(gt=0, le=1_440, description="The longest pause within a session.")
    ] = 30.0
    by: Annotated[
        Literal["device", "person"],
        Meta(description="Whether `anonymousId` or `userId` goes first, where there are both."),
    ] = "device"
    devices: Annotated[
        int, Meta(ge=1, le=500_000, description="How many devices, or people, to remember.")
    ] = 100_000
    overwrite: Overwrite = False


def compiled(settings: Settings, rule: Making) -> Decide:
    pause = round(settings.minutes * _MINUTE)
    is_by_device, most, overwrites = settings.by == "device", settings.devices, settings.overwrite
    known: Known = rule.remembered(settings, OrderedDict)

    def decide(event: Event) -> bool:
        if not overwrites and event.context.get("sessionId") is not None:
            return False
        device = _device(event, is_by_device)
        sessions, number, is_new = joined(known.pop(device, ()), event.timestamp, pause)
        known[device] = sessions
        if len(known) > most:
            known.popitem(last=False)
        context = {**event.context, "sessionId": number}
        if is_new:
            context["sessionStart"] = True
        else:
            context.pop("sessionStart", None)
        event.context = context
        return True

    return decide


def _device(event: Event, is_by_device: bool) -> str:
    if event.anonymous_id and (is_by_device or not event.user_id):
        return f"a{event.anonymous_id}"
    return f"u{event.user_id}"


def joined(
    sessions: tuple[Session, ...], at: int, pause: int
) -> tuple[tuple[Session, ...], int, bool]:
    """A device's sessions with an event of a moment, the id of the event's, and whether it is new.

    >>> joined(((10_000, 20_000, 10),), 25_000, 5_000)
    (((10000, 25000, 10),), 10, False)
    """
    for place, (first, last, number) in enumerate(sessions):
        if first - pause <= at <= last + pause:
            longer = (min(first, at), max(last, at), number)
            return (*sessions[:place], longer, *sessions[place + 1 :]), number, False
    number = at // 1_000
    # The newest come first; those that ended longest ago are forgotten.
    newest = sorted((*sessions, (at, at, number)), key=lambda each: each[1], reverse=True)
    return tuple(newest[:SESSIONS]), number, True


KIND = Kind("number_sessions", __doc__, Settings, compiled, {"minutes": 30}, Phase.ENRICH)
