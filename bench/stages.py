"""CPU microseconds an event of each stage, alone in one process: what limits what.

`python -m bench.stages [--events N]`
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa

from bench.events import event
from headwater.collect import body as bodies
from headwater.kit.clock import SystemClock
from headwater.loading.model import Catalog, Limits, SourceBatch
from headwater.loading.prepare import prepare
from headwater.logs.sqlite import SqliteLog
from headwater.pipeline.batch import process, settle
from headwater.pipeline.event import Limits as PipelineLimits
from headwater.ports import Entry, Owner, Record, Stored, Stream
from headwater.settings import Settings
from headwater.spec import accepted, collected
from headwater.warehouses.duckdb.engine import Tuning
from headwater.warehouses.duckdb.warehouse import DuckDBWarehouse, Load
from headwater.workspaces.model import Source, SourceType

_SOURCE = Source("s1", "w1", "Bench", "bench", SourceType.SERVER, ("c" * 25,), True, 0)
_BATCH = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=50_000)
    options = parser.parse_args()
    print(f"CPU us an event, {options.events:,} events in batches of {_BATCH}; best of three")
    for names in (1, 10, 100):
        stages(options.events, names)


def stages(events: int, names: int) -> None:
    """Time decoding all of an event (the baseline) and each stage."""
    requests = _requests(events, names)
    settings = Settings()
    base = _best(events, lambda: [json.loads(record.body) for record in requests])
    door = _best(events, lambda: [bodies.batch(record.body, settings) for record in requests])
    stored = [Stored("0", position, record) for position, record in enumerate(requests, 1)]
    limits = PipelineLimits(
        settings.max_event_bytes, settings.max_batch_events, settings.max_nesting
    )

    def run() -> Sequence[Record]:
        found: list[Record] = []
        for start in range(0, len(stored), 100):
            batch = process(stored[start : start + 100], {"s1": _SOURCE}, limits, after={})
            settled = settle(batch, [True] * len(batch.digests()))
            found += settled.entry.records.get(Stream.ACCEPTED, ())
        return found

    pipeline = _best(events, run)
    parts = [SourceBatch("s1", "bench", 0, accepted.decode(record.body)) for record in run()]
    learned = prepare(parts, Catalog(), Limits()).catalog
    loader = _best(events, lambda: prepare(parts, learned, Limits()))
    insert, rows = _inserted(parts, events)
    print(
        f"{names:4} names: json.loads {base:5.2f} (1.0) | door {door:5.2f} ({door / base:.1f})"
        f" | pipeline {pipeline:5.2f} ({pipeline / base:.1f}) | rows {loader:5.2f}"
        f" ({loader / base:.1f}) | DuckDB {insert:5.2f} ({insert / base:.1f}, {rows} tables)"
        f" | log {_appended(requests, events):5.2f}"
    )


def _requests(events: int, names: int) -> list[Record]:
    now = SystemClock().now()
    meta = collected.ENCODER.encode(collected.Request(collected.Shape.BATCH))
    made: list[Record] = []
    for start in range(0, events, _BATCH):
        members = [
            {**event(number, names), "messageId": f"{number:032d}"}
            for number in range(start, start + _BATCH)
        ]
        body = json.dumps({"batch": members}, separators=(",", ":")).encode()
        made.append(Record("s1", now, _BATCH, body, meta))
    return made


def _best(events: int, work: Callable[[], object]) -> float:
    taken = []
    for _ in range(3):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken) / events * 1e6


def _inserted(parts: list[SourceBatch], events: int) -> tuple[float, int]:
    """The cost of a load's transaction, and how many tables it went to."""
    with tempfile.TemporaryDirectory() as folder:
        warehouse = DuckDBWarehouse(Path(folder) / "w.duckdb", Tuning())
        try:
            warehouse.load(Load(prepare(parts, warehouse.catalog, Limits()), [], {}, {}))
            again = prepare(parts, warehouse.catalog, Limits())
            taken = []
            for _ in range(3):
                load = Load(prepare(parts, warehouse.catalog, Limits()), [], {}, {})
                start = time.process_time()
                warehouse.load(load)
                taken.append(time.process_time() - start)
            return min(taken) / events * 1e6, len(again.rows)
        finally:
            warehouse.close()


def _appended(requests: Sequence[Record], events: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        log = SqliteLog(Path(folder))
        writer = log.writer(Owner.COLLECTOR)
        taken = _best(
            events, lambda: [writer.append(Entry({Stream.COLLECTED: [r]})) for r in requests]
        )
        writer.close()
        log.close()
        return taken


if __name__ == "__main__":
    pa.set_cpu_count(1)
    main()
