"""Memory and time of remembering message ids, against a Python set of the same ids.

`python -m bench.dedupe [--millions N]`
"""

import argparse
import hashlib
import tempfile
import time
from pathlib import Path

from headwater.pipeline.dedupe import Marks
from headwater.workers.seen import SeenIds

_BATCH = 10_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--millions", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _measure(Path(folder), options.millions)


def _measure(folder: Path, millions: int) -> None:
    digests = [_digest(number) for number in range(1_000_000)]
    before, start = _resident(), time.process_time()
    plain = set(digests)
    took, per_million = time.process_time() - start, _resident() - before
    print(f"a set of 16 bytes: {per_million:.0f} MB a million (1.0), {took:.2f} us an id")
    del plain, digests

    seen = SeenIds(folder, days=30)
    before, start = _resident(), time.process_time()
    for first in range(0, millions * 1_000_000, _BATCH):
        batch = [_digest(number) for number in range(first, first + _BATCH)]
        new = seen.fresh(batch)
        if not all(new):
            raise AssertionError("a fresh id was taken for a known one")
        seen.remember(Marks(batch, first, first + _BATCH))
        if seen.is_full(first):
            seen.spill()
    took = (time.process_time() - start) / millions
    grown = (_resident() - before) / millions
    disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    known = seen.fresh([_digest(number) for number in range(0, millions * 1_000_000, 997)])
    print(
        f"SeenIds with {millions} M ids: {grown:.1f} MB a million ({grown / per_million:.2f}),"
        f" {took:.2f} us an id with hashing; {disk / millions:.0f} MB of disk a million;"
        f" {sum(known)} of {len(known)} known ids forgotten"
    )


def _digest(number: int) -> bytes:
    return hashlib.blake2b(number.to_bytes(8, "big"), digest_size=16).digest()


def _resident() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1000
    return 0.0


if __name__ == "__main__":
    main()
