"""Finding a request by its time, in whatever place of the log."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from headwater.debugger import locating
from headwater.debugger.backwards import backwards
from headwater.logs.memory import MemoryLog
from headwater.pipeline.event import Limits
from headwater.ports import Entry, Owner, Record, Stream
from headwater.spec import collected
from tests.debugger.world import SOURCES

META = collected.ENCODER.encode(collected.Request(collected.Shape.EVENT))
STEPS = st.lists(st.integers(0, 3), min_size=1, max_size=300)


def filled(steps: list[int]) -> tuple[MemoryLog, list[int]]:
    """A log of two partitions in turn, whose times rise by these steps."""
    log = MemoryLog()
    writers = [log.writer(Owner.COLLECTOR, name) for name in ("0", "1")]
    now, times = 1_000, []
    for number, step in enumerate(steps):
        now += step
        times.append(now)
        event = {"type": "track", "event": "E", "userId": "u", "messageId": f"m{number}"}
        record = Record("s1", now, 1, msgspec.json.encode(event), META)
        writers[number % 2].append(Entry({Stream.COLLECTED: [record]}))
    return log, times


@given(STEPS, st.data())
def test_the_place_of_a_time_is_just_before_its_first_request(
    steps: list[int], data: st.DataObject
) -> None:
    log, times = filled(steps)
    number = data.draw(st.integers(0, len(steps) - 1))
    partition = str(number % 2)
    end = log.ends(Stream.COLLECTED)[partition]
    before = locating._before(log, partition, end, times[number])
    of_partition = times[number % 2 :: 2]
    assert before == sum(at < times[number] for at in of_partition)


@given(STEPS)
def test_reading_backwards_gives_every_request_once(steps: list[int]) -> None:
    log, _ = filled(steps)
    found = list(backwards(log, requests=1_000, size=10**9))
    places = [(each.partition, each.position) for each in found]
    assert len(places) == len(set(places)) == len(steps)


def test_an_id_is_found_where_its_time_says_and_lately() -> None:
    log, times = filled([1] * 40)
    found = locating.copies(log, "m7", {"s1"}, SOURCES, Limits(), times[7])
    assert [each.message_id for each in found.events] == ["m7"]
    assert locating.copies(log, "m7", {"s2"}, SOURCES, Limits(), times[7]).events == []
