"""How fast events are accepted durably, against a constant-answering server and a bare disk.

`python -m bench.accept [--seconds S]`
"""

import argparse
import tempfile
from pathlib import Path

from bench.baseline import Others, constant_server, raw_appends
from bench.driver import Load, drive
from bench.events import request_maker
from bench.processes import cpu_seconds
from headwater.testing.whole import Whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        appends = raw_appends(Path(folder), b"x" * 650)
        print(f"raw append + fdatasync, 64 waiting      {appends:12,.0f} records/s")
        with constant_server() as constant, Whole(Path(folder), disk_reserve_bytes=0) as whole:
            _compare(constant, whole, options.seconds, appends)


def _compare(constant: str, whole: Whole, seconds: float, appends: float) -> None:
    forms = {
        "singles": (1, False),
        "batches of 100": (100, False),
        "batches of 100, gzip": (100, True),
    }
    for name, (batch, gzip) in forms.items():
        make = request_maker(whole.write_key, batch=batch, gzip=gzip)
        base = drive(constant, make, seconds=min(seconds, 4.0))
        others, before = Others(), cpu_seconds(whole)
        load = drive(whole.url, make, seconds=seconds)
        used = {role: cpu - before.get(role, 0.0) for role, cpu in cpu_seconds(whole).items()}
        busy = others.cores(sum(used.values()) + load.driver_cpu)
        _print(name, batch, load, base)
        micros = used["collector"] / max(1, load.requests * batch) * 1e6
        print(
            f"    {load.rate * batch / appends:.2f} of raw appends; collector {micros:.1f} us CPU"
            f" an event; driver {load.driver_cpu / load.seconds:.2f} cores, others {busy:.2f}"
        )
        whole.wait_until_loaded(timeout_seconds=600)
    half = drive(whole.url, request_maker(whole.write_key), seconds=seconds, rate=5000)
    print(
        f"singles at 5,000/s: p50 {half.p50:.2f} ms, p99 {half.p99:.2f} ms,"
        f" worst {half.worst:.1f} ms"
    )


def _print(name: str, batch: int, load: Load, base: Load) -> None:
    print(
        f"{name:24} {load.rate * batch:12,.0f} events/s  {load.rate / base.rate:5.2f} of the"
        f" constant answer ({base.rate * batch:,.0f})  p50 {load.p50:.2f} ms  p99 {load.p99:.2f} ms"
        f"  refused {load.refused}"
    )


if __name__ == "__main__":
    main()
