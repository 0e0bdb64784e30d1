"""Pipeline events a second on one core: with nothing set, and with rules, a plan and a function.

`python -m bench.governing [--events N] [--rounds N] [--only NAME]`

The pipeline is held to one core; a function's own process may use the others, and what it takes of
them is told. Each figure stands beside that of the bare pipeline, measured in turn with it.
"""

import argparse
import gc
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from bench.events import event
from headwater.cleaning import geoip
from headwater.cleaning.model import PART as CLEANING
from headwater.cleaning.model import Published as CleaningRules
from headwater.cleaning.model import Rule, Scope
from headwater.functions.model import PART as FUNCTIONS
from headwater.functions.model import Published as Functions
from headwater.functions.model import Ready, ResourceType
from headwater.functions.workshop import current
from headwater.governing import compile_program
from headwater.kit.clock import SystemClock
from headwater.pipeline.batch import process, settle
from headwater.pipeline.event import Limits
from headwater.pipeline.program import Programs
from headwater.plans.model import PART as PLANS
from headwater.plans.model import Governed, PublishedPlan, PublishedRule, RuleType
from headwater.plans.model import Published as Plans
from headwater.ports import Outcome, Record, Stored
from headwater.settings import Settings
from headwater.spec import collected
from headwater.workspaces.model import Configuration, Source, SourceType

_SOURCE = Source("s1", "w1", "Bench", "bench", SourceType.SERVER, ("c" * 25,), True, 0)
_BATCH = 100
_AT_ONCE = 100
"""Requests that the pipeline is given at once: ten thousand events."""
_NAMES = 50
_AGENTS = tuple(
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    f"Chrome/{version}.0.0.0 Safari/537.36"
    for version in range(100, 140)
)

Parts = Mapping[str, object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    cases: dict[str, Parts] = {
        "twenty cleaning rules": {CLEANING: _rules(_TWENTY)},
        "a plan of 50 events": {PLANS: _plan()},
        "the same, 5 % wrong": {PLANS: _plan(wrong_every=20)},
        "a JavaScript function": {FUNCTIONS: _function(_CODE)},
        "one that deletes as well": {FUNCTIONS: _function(_DELETING)},
        "one that changes nothing": {FUNCTIONS: _function(_NOTHING)},
    }
    cases |= {f"  {each[0]}": {CLEANING: _rules([each])} for each in _ENRICHING}
    requests = _requests(options.events)
    gc.collect()  # as the pipeline's process does
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    with tempfile.TemporaryDirectory() as folder:
        _write_places(Path(folder))
        try:
            for name, parts in cases.items():
                if options.only in name:
                    _compare(name, parts, requests, options.rounds)
        finally:
            current().close()


def _compare(name: str, parts: Parts, requests: Sequence[Stored], rounds: int) -> None:
    """Both in turn, round by round; the median of each."""
    events = len(requests) * _BATCH
    bare, governed = _programs({}), _programs(parts)
    passed = _run(requests, governed)  # on any core: children that this starts may use them all
    if passed != events:
        raise AssertionError(f"{name}: {passed} of {events} events passed")
    with _one_core():
        beside = _children_seconds()
        found = [(_seconds(requests, bare), _seconds(requests, governed)) for _ in range(rounds)]
        beside = (_children_seconds() - beside) / rounds
    before, after = (statistics.median(each) for each in zip(*found, strict=True))
    aside = f", and {beside / events * 1e6:.1f} beside" if beside else ""
    print(
        f"{name:26} {events / after:8,.0f}/s, without {events / before:8,.0f}/s: "
        f"{before / after:4.2f}  (+{(after - before) / events * 1e6:.2f} us an event{aside})",
        flush=True,
    )


def _children_seconds() -> float:
    """The processor's time that children of this process have taken."""
    seconds = 0.0
    for task in Path("/proc/self/task").iterdir():
        for pid in (task / "children").read_text().split():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            seconds += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return seconds


def _seconds(requests: Sequence[Stored], programs: Programs) -> float:
    start = time.perf_counter()
    _run(requests, programs)
    return time.perf_counter() - start


def _run(requests: Sequence[Stored], programs: Programs) -> int:
    """Lead requests through the pipeline, to the entries that would be appended."""
    settings = Settings()
    limits = Limits(settings.max_event_bytes, settings.max_batch_events, settings.max_nesting)
    passed = 0
    for start in range(0, len(requests), _AT_ONCE):
        left = requests[start : start + _AT_ONCE]
        while left:
            batch = process(left, {"s1": _SOURCE}, limits, after={}, programs=programs)
            settled = settle(batch, [True] * len(batch.digests()))
            passed += sum(t.count for t in settled.entry.tallies if t.outcome is Outcome.PASSED)
            left = left[batch.requests :]
    return passed


def _programs(parts: Parts) -> Programs:
    raw = {name: msgspec.Raw(msgspec.json.encode(part)) for name, part in parts.items()}
    configuration = Configuration(1, (), (_SOURCE,), raw)
    return compile_program(configuration)


@contextmanager
def _one_core() -> Iterator[None]:
    """Hold this thread to one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _requests(events: int) -> list[Stored]:
    """Batches of a hundred events of fifty names, as SDKs of browsers send them."""
    now = SystemClock().now()
    meta = collected.ENCODER.encode(collected.Request(collected.Shape.BATCH))
    made: list[Stored] = []
    for position, start in enumerate(range(0, events, _BATCH), 1):
        members = [_event(number) for number in range(start, start + _BATCH)]
        body = json.dumps({"batch": members}, separators=(",", ":")).encode()
        made.append(Stored("0", position, Record("s1", now, _BATCH, body, meta)))
    return made


def _event(number: int) -> dict[str, Any]:
    made: dict[str, Any] = event(number, _NAMES)
    page = {
        **made["context"]["page"],
        "url": f"https://shop.example/p/{number % 500}?utm_source=july&gclid={number}",
        "referrer": "https://www.baidu.com/link",
    }
    context = {
        **made["context"],
        "page": page,
        "ip": f"203.0.113.{number % 250}",
        "userAgent": _AGENTS[number % len(_AGENTS)],
    }
    if number % 2:
        context.pop("campaign")
    properties = {**made["properties"], "email": f" User{number % 900}@Example.com ", "note": ""}
    return {
        **made,
        "messageId": f"{number:032d}",
        "context": context,
        "properties": properties,
    }


def _rules(kinds: Sequence[tuple[str, dict[str, Any], dict[str, Any]]]) -> CleaningRules:
    rules = tuple(
        Rule(
            id=f"r{number}",
            name=f"Rule {number}",
            kind=kind,
            settings=settings,
            scope=msgspec.convert(scope, type=Scope),
            position=number,
        )
        for number, (kind, settings, scope) in enumerate(kinds)
    )
    return CleaningRules({"w1": rules})


_TRACK = {"types": ["track"]}
_ONE = {"events": ["Event Number 7", "Event Number 8"]}
_TWENTY: Sequence[tuple[str, dict[str, Any], dict[str, Any]]] = (
    # Twenty as a shop may have them: half of them for every event, half for some.
    ("drop_bots", {}, {}),
    ("drop_internal_traffic", {"networks": ["198.51.100.0/24", "10.0.0.0/8"]}, {}),
    ("drop_test_users", {"emails": ["*@test.example"]}, {}),
    ("trim", {"paths": ["properties.email"]}, {}),
    ("normalize_email", {"paths": ["properties.email"]}, {}),
    ("empty_to_null", {"paths": ["properties.note"]}, {}),
    ("normalize_url", {"campaign": False}, {}),
    ("normalize_language", {"paths": ["context.locale"]}, {}),
    ("allowed_range", {"paths": ["properties.revenue"], "least": 0, "action": "drop"}, _TRACK),
    ("allowed_values", {"paths": ["properties.currency"], "values": ["CNY", "USD"]}, _TRACK),
    ("fill_missing", {"path": "properties.currency", "value": "CNY"}, _TRACK),
    ("parse_number", {"paths": ["properties.quantity"]}, _ONE),
    ("parse_date", {"paths": ["properties.delivered"]}, _ONE),
    ("parse_boolean", {"paths": ["properties.first"]}, _ONE),
    ("change_case", {"paths": ["properties.coupon"]}, _ONE),
    ("normalize_unicode", {"paths": ["properties.product.category"]}, _ONE),
    ("outliers", {"path": "properties.revenue"}, _ONE),
    ("drop_repeats", {"seconds": 5}, {"events": ["Event Number 9"]}),
    ("require_members", {"members": ["properties.order_id"]}, {"events": ["Event Number 10"]}),
    ("drop", {"where": "properties.revenue < 0 and context.locale = 'xx'"}, _ONE),
)  # fmt: skip
_ENRICHING: Sequence[tuple[str, dict[str, Any], dict[str, Any]]] = (
    ("parse_user_agent", {}, {}),
    ("read_campaign", {}, {}),
    ("classify_referrer", {}, {}),
    ("number_sessions", {}, {}),
    ("locate_ip", {"database": "City.mmdb"}, {}),
    ("anonymize_ip", {}, {}),
)


def _write_places(folder: Path) -> None:
    """A GeoIP database that knows where the events' addresses are."""
    names = {"en": "Shanghai", "zh-CN": "上海"}
    place = {
        "country": {"iso_code": "CN", "names": names},
        "city": {"names": names},
        "location": {"latitude": 31.2, "longitude": 121.5, "time_zone": "Asia/Shanghai"},
    }
    writer = MMDBWriter(6, "Bench-City", ipv4_compatible=True, float_type="f64")
    writer.insert_network(IPSet(["203.0.113.0/24"]), place)
    writer.to_db_file(str(folder / "City.mmdb"))
    geoip.FOLDER.move(folder)


_PRODUCT = {
    "type": "object",
    "properties": {"sku": {"type": "string"}, "category": {"type": "string"}},
    "required": ["sku"],
}
_PROPERTIES: dict[str, Any] = {
    "order_id": {"type": "string", "pattern": "^o-\\d+$"},
    "revenue": {"type": "number", "minimum": 0},
    "currency": {"type": "string", "enum": ["CNY", "USD", "EUR"]},
    "quantity": {"type": "integer", "minimum": 1, "maximum": 100},
    "coupon": {"type": ["string", "null"]},
    "first": {"type": "boolean"},
    "product": _PRODUCT,
    "email": {"type": "string", "maxLength": 200},
    "note": {"type": "string"},
}


def _plan(wrong_every: int = 0) -> Plans:
    """A plan of fifty events with nine properties each; one in `wrong_every` events is wrong."""
    rules = []
    for number in range(_NAMES):
        properties = dict(_PROPERTIES)
        if wrong_every and number % wrong_every == 0:
            properties["revenue"] = {"type": "string"}
        inner = {"type": "object", "properties": properties, "required": ["order_id", "revenue"]}
        schema = {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "properties": {"properties": inner},
        }
        raw = msgspec.Raw(msgspec.json.encode(schema))
        rules.append(PublishedRule(RuleType.TRACK, f"Event Number {number}", 1, raw))
    return Plans({"p1": PublishedPlan("p1", "Shop", rules)}, {"s1": Governed("p1")})


_CODE = """
async function onTrack(event, settings) {
  const properties = event.properties
  properties.total = properties.revenue * properties.quantity
  if (properties.email) properties.email = properties.email.trim().toLowerCase()
  return event
}
"""
_DELETING = _CODE.replace("return event", "delete properties.note; return event")
_NOTHING = "async function onTrack(event) {return event}"


def _function(code: str) -> Functions:
    ready = Ready("i1", "Bench", "f1", _INSERT, code, secrets={})
    return Functions({"s1": (ready,)})


_INSERT = next(each for each in ResourceType if "INSERT" in each.name)


if __name__ == "__main__":
    main()
