"""Events that cannot be rows are handed back, counted, and hold nothing else up."""

from collections.abc import Callable
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from headwater.loading.model import Limits, SourceBatch
from headwater.loading.prepare import prepare

Call = Callable[..., dict[str, Any]]


def spoiled(batch: SourceBatch, column: str, row: int, text: str) -> SourceBatch:
    """The batch with another text in one place."""
    events = batch.events.to_pylist()
    events[row][column] = text
    return msgspec.structs.replace(
        batch, events=pa.RecordBatch.from_pylist(events, schema=batch.events.schema)
    )


@pytest.mark.parametrize("column", ["properties", "context"])
@pytest.mark.parametrize("text", ["{", "[1]", "", '{"a":1e999}', '{"a":"\\ud800"}', "1},{"])
def test_an_event_with_broken_json_fails_alone(
    warehouse: Any, call: Call, batch_of: Any, column: str, text: str
) -> None:
    good = [{**call(a=n), "context": {"n": n % 2}} for n in range(5)]
    loaded = warehouse.load_batches(
        batch_of(good, hour=1), spoiled(batch_of(good, hour=2), column, 3, text)
    )
    (failed,) = loaded.failed
    assert (failed.message_id, failed.source_id, failed.hour) == ("m3", "id-shop", 2)
    assert failed.detail
    assert text == msgspec.json.decode(failed.raw)[column]
    assert warehouse.column("a") == [0, 1, 2, 3, 4, 0, 1, 2, 4]
    assert {(t.outcome, t.reason, t.hour, t.count) for t in loaded.tallies} == {
        ("loaded", "", 1, 5),
        ("loaded", "", 2, 4),
        ("quarantined", "load_failed", 2, 1),
    }


def test_an_unknown_type_fails_alone(warehouse: Any, call: Call, batch_of: Any) -> None:
    loaded = warehouse.load_batches(spoiled(batch_of([call(), call()]), "type", 0, "import"))
    assert [(f.message_id, f.type) for f in loaded.failed] == [("m0", "import")]
    assert len(warehouse.rows("thing_done")) == 1


def test_several_broken_events_of_several_sources_fail_together(
    warehouse: Any, call: Call, batch_of: Any
) -> None:
    first = spoiled(batch_of([call(), call()], slug="web"), "properties", 0, "{")
    second = spoiled(batch_of([call(), call()], slug="app"), "context", 1, "{")
    loaded = warehouse.load_batches(second, first)
    assert {(f.slug, f.message_id) for f in loaded.failed} == {("web", "m0"), ("app", "m1")}
    assert sum(t.count for t in loaded.tallies) == 4


def test_a_batch_of_nothing_but_broken_events_loads_nothing(
    warehouse: Any, call: Call, batch_of: Any
) -> None:
    loaded = warehouse.load_batches(spoiled(batch_of([call()]), "properties", 0, "{"))
    assert len(loaded.failed) == 1
    assert loaded.rows == []


def test_json_nested_as_deep_as_settings_allow_is_loaded(
    warehouse: Any, call: Call, batch_of: Any
) -> None:
    deep = '{"k":' * 480 + "1" + "}" * 480
    batch = spoiled(batch_of([call(), call()]), "properties", 1, deep)
    for _ in range(2):
        loaded = prepare([batch], warehouse.catalog, Limits())
        warehouse.catalog = loaded.catalog
        assert loaded.failed == []
