"""What real traffic does wrong: duplicates, delays, gaps, missing ids and wrong types."""

from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Any, Final

from headwater.demo.model import DAY, HOUR, MINUTE, SECOND, WEBSITE, WEEK, Event, Happening, Plan

_SHARE_TWICE = 0.004
_SHARE_WRONG = 0.006
_SHARE_SHUFFLED = 0.05
_ODD_CURRENCIES = ("usd", "€", "GBp", "XXX", "")


def as_sent(plan: Plan, happenings: Iterable[Happening]) -> Iterator[Happening]:
    """The happenings as the network delivers them: not in order, some twice, some broken."""
    rng = Random(f"{plan.seed}/mistakes")  # noqa: S311
    for happening in happenings:
        if _is_in_gap(plan, happening):
            continue
        if rng.random() < _SHARE_WRONG:
            happening = happening._replace(event=rng.choice(MISTAKES)(happening.event, rng))
        if rng.random() < _SHARE_SHUFFLED:
            happening = happening._replace(
                sent_at=happening.sent_at + rng.randrange(1, 40) * SECOND
            )
        yield happening
        if rng.random() < _SHARE_TWICE:
            again = rng.choice((2 * SECOND, 5 * MINUTE, 26 * HOUR))
            yield happening._replace(sent_at=happening.sent_at + again)


def _is_in_gap(plan: Plan, happening: Happening) -> bool:
    """The website's tracking was broken for five hours, a week and a half before the end."""
    begun = plan.end - plan.end % DAY - WEEK - 3 * DAY + 11 * HOUR
    return happening.source == WEBSITE and begun <= happening.sent_at < begun + 5 * HOUR


def _lose_ids(event: Event, _rng: Random) -> Event:
    return {name: value for name, value in event.items() if name not in ("userId", "anonymousId")}


def _lose_name(event: Event, _rng: Random) -> Event:
    return {name: value for name, value in event.items() if name != "event"}


def _number_for_name(event: Event, _rng: Random) -> Event:
    return event | ({"event": 404} if event["type"] == "track" else {"name": 404})


def _number_for_user(event: Event, rng: Random) -> Event:
    return event | {"userId": rng.randrange(1000, 9999)}


def _list_for_object(event: Event, _rng: Random) -> Event:
    name = "traits" if event["type"] in ("identify", "group") else "properties"
    return event | {name: ["product", "P001"]}


def _unknown_type(event: Event, _rng: Random) -> Event:
    return event | {"type": "tarck"}


def _lose_message_id(event: Event, _rng: Random) -> Event:
    return {name: value for name, value in event.items() if name != "messageId"}


def _text_for_numbers(event: Event, _rng: Random) -> Event:
    return _changed(event, lambda value: f"{value} " if _is_number(value) else value)


def _nulls(event: Event, _rng: Random) -> Event:
    return _changed(event, lambda value: None if _is_number(value) else value)


def _odd_currency(event: Event, rng: Random) -> Event:
    properties = event.get("properties")
    if not isinstance(properties, dict) or "currency" not in properties:
        return event
    return event | {"properties": properties | {"currency": rng.choice(_ODD_CURRENCIES)}}


def _changed(event: Event, change: Callable[[Any], Any]) -> Event:
    properties = event.get("properties")
    if not isinstance(properties, dict):
        return event
    return event | {"properties": {name: change(value) for name, value in properties.items()}}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


MISTAKES: Final = (
    _lose_ids,
    _lose_name,
    _number_for_name,
    _number_for_user,
    _list_for_object,
    _unknown_type,
    _lose_message_id,
    _text_for_numbers,
    _text_for_numbers,
    _nulls,
    _odd_currency,
    _odd_currency,
)
