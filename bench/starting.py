"""How soon it is ready, and what it holds when idle, against starting a bare Python.

`python -m bench.starting [--runs N]`
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.processes import memory_megabytes
from headwater.testing.whole import Whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    base = time.perf_counter() - started
    fresh: list[float] = []
    again: list[float] = []
    idle: dict[str, float] = {}
    for _ in range(options.runs):
        with tempfile.TemporaryDirectory() as folder:
            whole = Whole(Path(folder), disk_reserve_bytes=0)
            whole.write_key = "not needed"
            for found in (fresh, again):
                started = time.perf_counter()
                whole.start()
                found.append(time.perf_counter() - started)
                time.sleep(2)
                idle = memory_megabytes(whole)
                whole.stop()
    for name, found in (("on an empty folder", fresh), ("on a folder in use", again)):
        median = statistics.median(found)
        print(f"ready {name}: {median:.2f} s ({median / base:.0f} times a bare python)")
    parts = ", ".join(f"{role} {size:.0f}" for role, size in idle.items())
    print(f"idle: {sum(idle.values()):.0f} MB ({parts})")


if __name__ == "__main__":
    main()
