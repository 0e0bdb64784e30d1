"""What a running Headwater's processes use, as the operating system accounts for it."""

import os
from pathlib import Path

from headwater.testing.whole import Whole

_TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(whole: Whole) -> dict[str, float]:
    """User and system CPU seconds so far, by role."""
    return {role: _cpu(pid) for role, pid in _all(whole).items()}


def memory_megabytes(whole: Whole) -> dict[str, float]:
    """Proportional set size by role: shared pages are counted once, so these add up."""
    return {role: _pss(pid) for role, pid in _all(whole).items()}


def _all(whole: Whole) -> dict[str, int]:
    return {"supervisor": whole.process.pid, **whole.roles()}


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _pss(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0
