"""Requests as the collector writes them, led through the whole pipeline."""

import gzip
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import pytest

from headwater.pipeline.batch import process, settle
from headwater.pipeline.event import Limits
from headwater.ports import Entry, Record, Stored, Stream, Tally
from headwater.spec import accepted, collected, quarantined
from headwater.workspaces.model import Source, SourceType

RECEIVED_AT = 1_700_000_000_000_000  # 2023-11-14T22:13:20Z


class Through(msgspec.Struct):
    """What came out: rows as dicts (times as datetimes, objects as JSON text), and the rest."""

    rows: list[dict[str, Any]]
    aside: list[quarantined.QuarantinedEvent]
    tallies: Sequence[Tally]
    entry: Entry

    @property
    def row(self) -> dict[str, Any]:
        (row,) = self.rows
        return row

    @property
    def reasons(self) -> list[str]:
        return [each.reason for each in self.aside]


def source(kind: SourceType = SourceType.SERVER, *, enabled: bool = True) -> Source:
    return Source("s1", "w1", "Shop", "shop", kind, ("c" * 25,), enabled, 0)


def stored(body: object, **options: Any) -> Stored:
    """A collected record; `options` are members of Record, Stored and collected.Request."""
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    looks_like_batch = isinstance(body, list) or (isinstance(body, dict) and "batch" in body)
    shape = options.pop(
        "shape", collected.Shape.BATCH if looks_like_batch else collected.Shape.EVENT
    )
    members = body.get("batch") if isinstance(body, dict) else body
    count = options.pop("count", max(len(members), 1) if isinstance(members, list) else 1)
    position = options.pop("position", 1)
    received_at = options.pop("received_at", RECEIVED_AT)
    request = collected.Request(shape, **options)
    if request.gzipped and not raw.startswith(b"\x1f\x8b"):
        raw = gzip.compress(raw)
    meta = collected.ENCODER.encode(request)
    return Stored("0", position, Record("s1", received_at, count, raw, meta))


def lead(
    requests: Sequence[Stored],
    sources: Mapping[str, Source] | None = None,
    limits: Limits | None = None,
    **options: Any,
) -> Through:
    """Lead requests through the pipeline; no id was seen before."""
    known = {"s1": source()} if sources is None else sources
    batch = process(requests, known, limits or Limits(), after={}, **options)
    seen: set[bytes] = set()
    is_new = [not (digest in seen or seen.add(digest)) for digest in batch.digests()]
    entry = settle(batch, is_new).entry
    bodies = [record.body for record in entry.records[Stream.ACCEPTED]]
    aside = [record.body for record in entry.records[Stream.QUARANTINED]]
    return Through(
        [row for body in bodies for row in accepted.decode(body).to_pylist()],
        [event for body in aside for event in quarantined.decode(body)],
        entry.tallies,
        entry,
    )


@pytest.fixture
def through() -> Callable[..., Through]:
    """Leads one request's body through; takes what `stored` takes, and `kind` and `limits`."""

    def one(body: object, **options: Any) -> Through:
        kind = options.pop("kind", SourceType.SERVER)
        limits = options.pop("limits", None)
        return lead([stored(body, **options)], {"s1": source(kind)}, limits)

    return one


@pytest.fixture
def led() -> Callable[..., Through]:
    """Leads several records through; see `lead`."""
    return lead


@pytest.fixture
def record() -> Callable[..., Stored]:
    """Makes one collected record; see `stored`."""
    return stored


@pytest.fixture
def shop() -> Callable[..., Source]:
    """Makes the source; see `source`."""
    return source


@pytest.fixture
def track() -> Callable[..., dict[str, Any]]:
    """Makes a valid track call; members override."""

    def one(**members: Any) -> dict[str, Any]:
        call = {"type": "track", "event": "Order Completed", "userId": "u1", "messageId": "m1"}
        return call | members

    return one
