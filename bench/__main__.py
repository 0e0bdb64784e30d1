"""All benchmarks in turn, in about ten minutes: `python -m bench`."""

import subprocess
import sys

RUNS = (
    ("bench.stages",),
    ("bench.starting", "--runs", "3"),
    ("bench.accept",),
    ("bench.end_to_end", "--seconds", "60"),
    ("bench.dedupe",),
    ("bench.fql",),
    ("bench.governing",),
    ("bench.functions",),
    ("bench.import",),
    ("bench.merging", "--people", "200000"),
    ("bench.analytics",),
    ("bench.console",),
)


def main() -> None:
    for name, *options in RUNS:
        print(f"\n== {name} {' '.join(options)}".rstrip(), flush=True)
        subprocess.run([sys.executable, "-m", name, *options], check=True)


if __name__ == "__main__":
    main()
