"""What each kind of rule does, shown on an event: computed by the pipeline's own steps."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

import msgspec

from headwater.cleaning.kinds import KINDS
from headwater.cleaning.model import Rule
from headwater.cleaning.stages import stage
from headwater.kit.clock import MICROSECONDS_PER_HOUR
from headwater.pipeline.event import Drop, Event, Quarantine, Receipt, Verdict
from headwater.pipeline.program import Memory
from headwater.pipeline.steps import STEPS

Call = Mapping[str, Any]

_AT: Final = 1_790_000_000_000_000 // MICROSECONDS_PER_HOUR * MICROSECONDS_PER_HOUR
_CHROME: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36"
)


def _track(event: str = "Sold", context: Call | None = None, **properties: Any) -> Call:
    return {
        "type": "track",
        "event": event,
        "userId": "u1",
        "properties": properties,
        "context": context or {},
    }


def _identify(**traits: Any) -> Call:
    return {"type": "identify", "userId": "u1", "traits": traits}


def _page(**context: Any) -> Call:
    return {"type": "page", "anonymousId": "a1", "context": context}


_URL: Final = "https://Shop.example.com:443/tea?utm_source=July&utm_medium=cpc&gclid=77&color=green"

SAMPLES: Final[Mapping[str, Sequence[Call]]] = {
    "drop": [_track(price=-1)],
    "require_members": [_track(order_id=" ")],
    "drop_bots": [_page(userAgent="Mozilla/5.0 (compatible; Googlebot/2.1)")],
    "drop_internal_traffic": [_page(ip="203.0.113.7")],
    "drop_test_users": [_identify(email="Ada@Example.com")],
    "drop_repeats": [_track(order_id="7"), _track(order_id="7")],
    "fill_missing": [_track(price=5)],
    "fill_last_known": [_track(plan="gold"), _track(price=5)],
    "trim": [_track(color="  green ")],
    "change_case": [_track(plan="Gold")],
    "normalize_unicode": [_identify(name="Jose\u0301")],
    "empty_to_null": [_track(color=" N/A ", size="")],
    "parse_number": [_track(quantity="1.2万")],
    "parse_boolean": [_identify(subscribed="是")],
    "parse_date": [_track(delivered="2023年10月1日 下午2:05")],
    "parse_currency": [_track(price="¥1,299.00")],
    "normalize_email": [_identify(email=" mailto:Ada@Example.com ")],
    "normalize_phone": [_identify(phone="138 0013 8000")],
    "normalize_country": [_identify(address={"country": "德国"})],
    "normalize_language": [_page(locale="EN_us")],
    "normalize_url": [_page(page={"url": _URL})],
    "allowed_range": [_track(price=250_000)],
    "allowed_values": [_track(currency="RMB")],
    "outliers": [*(_track(price=20 + number % 7) for number in range(60)), _track(price=9_000)],
    "parse_user_agent": [_page(userAgent=_CHROME)],
    "read_campaign": [_page(page={"url": _URL})],
    "classify_referrer": [
        _page(page={"referrer": "https://www.baidu.com/", "url": "https://a.b/"})
    ],
    "number_sessions": [_page(), _page()],
    "anonymize_ip": [_page(ip="203.0.113.77")],
}
"""Events by the kind that they show, under its example; the last of them is the one that is shown.
There is none for a kind that needs more than an event."""


class Difference(msgspec.Struct, frozen=True):
    """A member that a rule changed, as JSON; empty where there was none."""

    path: str
    before: str
    after: str


class Shown(msgspec.Struct, frozen=True):
    """An event under a rule: what differs, or why it does not go on (`dropped` says which way)."""

    event: Call
    differences: Sequence[Difference] = ()
    is_dropped: bool = False
    why: str = ""


@cache
def shown(name: str) -> Shown | None:
    """What a kind does to its sample; None where it has none."""
    calls = SAMPLES.get(name)
    if not calls:
        return None
    rule = Rule("sample", name, name, settings=KINDS[name].example)
    led = stage(rule, Memory(), "sample")
    event, before, verdict = _event(calls[0], 0), "", None
    for index, call in enumerate(calls):
        event = _event(call, index)
        before = msgspec.json.encode(_members(event)).decode()
        [verdict] = led.run([event])
    return _shown(calls[-1], before, event, verdict)


def _shown(call: Call, before: str, event: Event, verdict: Verdict) -> Shown:
    if isinstance(verdict, Drop):
        return Shown(call, is_dropped=True)
    if isinstance(verdict, Quarantine):
        return Shown(call, why=verdict.detail)
    return Shown(call, list(_differences("", msgspec.json.decode(before), _members(event))))


def _event(call: Call, index: int) -> Event:
    """The event of a call, received so many seconds later, after the steps that all events take."""
    at = _AT + index * 1_000_000
    receipt = Receipt("sample", at, at // MICROSECONDS_PER_HOUR, "0", index)
    members = msgspec.json.decode(msgspec.json.encode({**call, "messageId": f"sample-{index}"}))
    event = Event(members, receipt, 0, b"{}")
    for _, step in STEPS:
        step(event)
    return event


def _members(event: Event) -> dict[str, Any]:
    inside = "traits" if event.type in ("identify", "group") else "properties"
    return {"event": event.event, inside: event.properties, "context": event.context}


def _differences(path: str, before: Any, after: Any) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys([*before, *after]):
            inside = f"{path}.{name}" if path else name
            yield from _differences(inside, before.get(name, _NONE), after.get(name, _NONE))
    elif before is _NONE and isinstance(after, dict):
        yield from _differences(path, {}, after)
    elif before != after:
        yield Difference(path, _json(before), _json(after))


_NONE: Final = object()


def _json(value: Any) -> str:
    return "" if value is _NONE else msgspec.json.encode(value).decode()
