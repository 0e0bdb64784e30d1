"""How the server is: its roles' processes, the room on its disk, and what its metrics count."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec
from prometheus_client.parser import text_string_to_metric_families

from headwater.kit import metrics
from headwater.kit.metrics import exposition
from headwater.ports import LOADER, Log, Owner, Stream
from headwater.settings import Settings

State = Literal["up", "down"]


class Role(msgspec.Struct):
    """A role's process, as the supervisor keeps it in `run/roles.json`."""

    pid: int
    restarts: int = 0


class Disk(msgspec.Struct, frozen=True):
    """The room on the disk that holds the data folder; below the reserve, events are refused."""

    free_bytes: int
    size_bytes: int
    reserve_bytes: int

    @property
    def is_full(self) -> bool:
        return self.free_bytes < self.reserve_bytes


class Measures(msgspec.Struct, frozen=True):
    """What the metrics say, added up over all processes since they started."""

    sums: Mapping[str, float]
    buckets: Mapping[str, list[tuple[float, float]]]

    def count(self, name: str) -> float:
        """The sum over all labels of a counter, gauge, or part of a histogram."""
        return self.sums.get(name, 0.0)

    def quantile(self, name: str, share: float) -> float | None:
        """The upper bound of the bucket that this share of a histogram's values lies within."""
        buckets = self.buckets.get(name, [])
        if not buckets or not buckets[-1][1]:
            return None
        wanted = share * buckets[-1][1]
        return next(bound for bound, count in buckets if count >= wanted)


_BUCKET: Final = "_bucket"


def supervised(settings: Settings) -> dict[str, Role]:
    """The roles that a supervisor runs on the data folder; empty where there is none."""
    try:
        text = (Path(settings.data_dir) / "run" / "roles.json").read_bytes()
        return msgspec.json.decode(text, type=dict[str, Role])
    except (FileNotFoundError, msgspec.MsgspecError):
        return {}


def role_states(settings: Settings) -> dict[str, State]:
    """`up` or `down` for each role that the supervisor runs; at least this one is up."""
    return {name: _state(role) for name, role in supervised(settings).items()} or {"control": "up"}


def disk(settings: Settings) -> Disk:
    """The room on the disk of the data folder."""
    status = os.statvfs(settings.data_dir)
    return Disk(
        free_bytes=status.f_bavail * status.f_frsize,
        size_bytes=status.f_blocks * status.f_frsize,
        reserve_bytes=settings.disk_reserve_bytes,
    )


def gauge(settings: Settings, log: Log) -> None:
    """Set the gauges of what only a look can tell: the backlogs, the log's bytes, the disk's."""
    accepted = log.acknowledged(LOADER, Stream.ACCEPTED)
    pipeline = log.snapshot(Owner.PIPELINE, Stream.ACCEPTED, accepted)
    consumed = pipeline.consumed.get(Stream.COLLECTED, {})
    collector = log.snapshot(Owner.COLLECTOR, Stream.COLLECTED, consumed)
    for role, snapshot in (("pipeline", collector), ("warehouse", pipeline)):
        waiting = sum(tally.count for tally in snapshot.waiting)
        metrics.WAITING_EVENTS.labels(role).set(waiting)
    metrics.LOG_BYTES.set(log.size())
    metrics.DISK_FREE_BYTES.set(disk(settings).free_bytes)


def measures() -> Measures:
    """The metrics of all roles, as they are now."""
    sums: dict[str, float] = {}
    buckets: dict[str, dict[float, float]] = {}
    for family in text_string_to_metric_families(exposition().decode()):
        for sample in family.samples:
            if sample.name.endswith(_BUCKET):
                bounds = buckets.setdefault(sample.name.removesuffix(_BUCKET), {})
                bound = float(sample.labels["le"])
                bounds[bound] = bounds.get(bound, 0.0) + sample.value
            else:
                sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
    return Measures(sums, {name: sorted(bounds.items()) for name, bounds in buckets.items()})


def _state(role: Role) -> State:
    try:
        os.kill(role.pid, 0)
    except ProcessLookupError:
        return "down"
    except PermissionError:
        return "up"
    return "up"
