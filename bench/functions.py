"""What other sources feel of a hostile function, against one that does no harm.

`python -m bench.functions [--seconds S]`

Two sources send the same events in turn, and every thousandth of one meets a function that loops,
or takes all memory. The figure is how many events of the other source pass in a second, from the
function's first moment on: its deaths cost most at first, before it rests.
"""

import argparse
import json
import time

import msgspec

from bench.events import event
from headwater.functions.model import PART, Published, Ready, ResourceType
from headwater.functions.workshop import current
from headwater.governing import compile_program
from headwater.kit.clock import SystemClock
from headwater.pipeline.batch import process, settle
from headwater.pipeline.event import Limits
from headwater.pipeline.program import Programs
from headwater.ports import Outcome, Record, Stored
from headwater.spec import collected
from headwater.workspaces.model import Configuration, Source, SourceType

_SOURCES = {
    name: Source(name, "w1", name, name, SourceType.SERVER, (letter * 25,), True, 0)
    for name, letter in (("calm", "c"), ("hostile", "d"))
}
_BATCH = 100
_FUNCTIONS = {
    "a loop": "for (;;) {}",
    "a microtask loop": "for (;;) await null;",
    "an array bomb": "const held = []; for (;;) held.push(new Array(1000).fill(1.5));",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    requests = [_request(name, number) for number in range(20) for name in _SOURCES]
    alone = _rate(requests, _programs(None), 3.0)
    print(f"no function            {alone:9,.0f} events/s of the other source")
    try:
        harmless = _rate(requests, _programs(""), 5.0)
        print(f"one that does no harm  {harmless:9,.0f}/s (1.0)", flush=True)
        for name, body in _FUNCTIONS.items():
            programs = _programs(body)
            rate = _rate(requests, programs, options.seconds)
            print(f"{name:22} {rate:9,.0f}/s: {rate / harmless:.2f} of that", flush=True)
    finally:
        current().close()


def _programs(body: str | None) -> Programs:
    if body is None:
        return compile_program(Configuration(1, (), tuple(_SOURCES.values()), {}))
    code = (
        f"async function onTrack(event) {{ if (event.properties.order_id.endsWith('999'))"
        f" {{ {body} }} return event; }}"
    )
    ready = Ready("i1", "Hostile", "f1", ResourceType.INSERT_SOURCE, code, secrets={})
    part = msgspec.Raw(msgspec.json.encode(Published({"hostile": (ready,)})))
    return compile_program(Configuration(1, (), tuple(_SOURCES.values()), {PART: part}))


def _rate(requests: list[Stored], programs: Programs, seconds: float) -> float:
    """Events of the calm source that pass, a second."""
    passed, started = 0, time.monotonic()
    while time.monotonic() < started + seconds:
        batch = process(requests, _SOURCES, Limits(), after={}, programs=programs)
        settled = settle(batch, [True] * len(batch.digests()))
        passed += sum(
            tally.count
            for tally in settled.entry.tallies
            if tally.outcome is Outcome.PASSED and tally.source_id == "calm"
        )
    return passed / (time.monotonic() - started)


def _request(source: str, number: int) -> Stored:
    start = number * _BATCH
    members = [
        {**event(each), "messageId": f"{source}{each:026d}"}
        for each in range(start, start + _BATCH)
    ]
    meta = collected.ENCODER.encode(collected.Request(collected.Shape.BATCH))
    body = json.dumps({"batch": members}, separators=(",", ":")).encode()
    record = Record(source, SystemClock().now(), _BATCH, body, meta)
    return Stored("0", number + 1, record)


if __name__ == "__main__":
    main()
