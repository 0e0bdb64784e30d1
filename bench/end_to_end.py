"""From the SDK's request to the SQL answer: sustained rate, freshness, drain, memory, CPU a stage.

`python -m bench.end_to_end [--seconds S] [--rate EVENTS_PER_SECOND] [--names N]`
"""

import argparse
import tempfile
import threading
import time
from pathlib import Path

from bench.baseline import Others
from bench.driver import drive
from bench.events import request_maker
from bench.processes import cpu_seconds, memory_megabytes
from headwater.kit.clock import SystemClock
from headwater.testing.whole import Whole

_BATCH = 100


class Memory(threading.Thread):
    """Watches the largest memory of all processes together."""

    def __init__(self, whole: Whole) -> None:
        super().__init__(daemon=True)
        self.most: dict[str, float] = {}
        self._whole = whole
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(1.0):
            try:
                now = memory_megabytes(self._whole)
            except OSError:
                continue
            if sum(now.values()) > sum(self.most.values()):
                self.most = now

    def stop(self) -> dict[str, float]:
        self._over.set()
        self.join()
        return self.most


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=25_000)
    parser.add_argument("--names", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        with Whole(Path(folder), disk_reserve_bytes=0) as whole:
            print(f"ready, with a first source, in {time.perf_counter() - started:.2f} s")
            time.sleep(3)
            print(f"idle: {_sum(memory_megabytes(whole))}")
            sustained(whole, options.rate, options.seconds, options.names)
            freshness(whole, options.rate / 2, min(20.0, options.seconds), options.names)
            drain(whole, options.names)


def sustained(whole: Whole, rate: float, seconds: float, names: int) -> None:
    """Batches at a set rate: what is accepted must be queryable at the same rate."""
    make = request_maker(whole.write_key, batch=_BATCH, names=names)
    memory, others, before = Memory(whole), Others(), cpu_seconds(whole)
    memory.start()
    start = time.perf_counter()
    load = drive(whole.url, make, seconds=seconds, rate=rate / _BATCH)
    waiting = whole.ledger()["totals"]["waiting"]
    whole.wait_until_loaded(timeout_seconds=600)
    took = time.perf_counter() - start
    used = {role: cpu - before.get(role, 0.0) for role, cpu in cpu_seconds(whole).items()}
    events = load.requests * _BATCH
    print(
        f"at {rate:,.0f} events/s for {seconds:.0f} s: accepted {events / load.seconds:,.0f}/s,"
        f" queryable {events / took:,.0f}/s, ratio {load.seconds / took:.2f}; waiting at the end"
        f" {waiting:,}; accept p50 {load.p50:.1f} ms p99 {load.p99:.1f} ms; refused {load.refused}"
    )
    stages = ", ".join(f"{role} {cpu / events * 1e6:.1f}" for role, cpu in used.items())
    busy = others.cores(sum(used.values()) + load.driver_cpu)
    print(f"    CPU us an event: {stages}, driver {load.driver_cpu / events * 1e6:.1f}")
    print(f"    others used {busy:.2f} cores; most memory: {_sum(memory.stop())}")


def freshness(whole: Whole, rate: float, seconds: float, names: int) -> None:
    """How long after its request an event is in the answer of a query, at half the load."""
    make = request_maker(whole.write_key, batch=_BATCH, names=names)
    seen: list[float] = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            [row] = whole.query("SELECT epoch_us(max(receivedAt)) AS newest FROM track")
            if row["newest"]:
                seen.append((SystemClock().now() - row["newest"]) / 1e6)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    load = drive(whole.url, make, seconds=seconds, rate=rate / _BATCH)
    over.set()
    watcher.join()
    steady = sorted(seen[len(seen) // 5 :])
    p50, p99 = steady[len(steady) // 2], steady[int(len(steady) * 0.99)]
    print(
        f"at {load.requests * _BATCH / load.seconds:,.0f} events/s the newest event in an answer is"
        f" p50 {p50:.2f} s, p99 {p99:.2f} s old ({len(steady)} queries)"
    )
    whole.wait_until_loaded(timeout_seconds=600)


def drain(whole: Whole, names: int) -> None:
    """Accept as fast as possible, then see how fast the backlog is loaded."""
    make = request_maker(whole.write_key, batch=_BATCH, names=names)
    load = drive(whole.url, make, seconds=4.0)
    start, left = time.perf_counter(), whole.ledger()["totals"]["waiting"]
    whole.wait_until_loaded(timeout_seconds=900)
    took = time.perf_counter() - start
    print(
        f"overload: accepted {load.rate * _BATCH:,.0f} events/s; then {left:,} waiting events"
        f" drained in {took:.1f} s: {left / took:,.0f} events/s"
    )


def _sum(memory: dict[str, float]) -> str:
    parts = ", ".join(f"{role} {size:.0f}" for role, size in memory.items())
    return f"{sum(memory.values()):.0f} MB ({parts})"


if __name__ == "__main__":
    main()
