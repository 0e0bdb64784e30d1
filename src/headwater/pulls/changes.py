"""From rows, and what is known of them, to changes. Pure."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import msgspec
import xxhash

from headwater.pulls.definition import CHANGE
from headwater.pulls.state import Known

INSERTED: Final = "inserted"
UPDATED: Final = "updated"
DELETED: Final = "deleted"
_encode = msgspec.json.Encoder(order="sorted").encode


class Change(NamedTuple):
    """A row that changed: what happened, and the row with it (a deleted one has its key alone).

    `id` is the same whenever the same change is found again, and no other's.
    """

    key: str
    kind: str
    record: Mapping[str, Any]
    known: Known
    id: str


class Step(NamedTuple):
    """What a piece of a run says: changes, what is known of unchanged rows, refused rows with the
    reasons, notes to be kept with them, and how many rows and requests it was."""

    changes: Sequence[Change] = ()
    unchanged: Mapping[str, Known] = MappingProxyType({})
    refused: Sequence[tuple[Mapping[str, Any], str]] = ()
    notes: Mapping[str, str] = MappingProxyType({})
    rows: int = 0
    requests: int = 0


class Seen(NamedTuple):
    """What a piece of rows says: the changes, what is known of rows that were there before if none
    of the changes is taken, and rows whose key is missing or another row's of the same run, with
    why they are refused."""

    changes: Sequence[Change]
    unchanged: Mapping[str, Known]
    refused: Sequence[tuple[Mapping[str, Any], str]]


def key_of(record: Mapping[str, Any], columns: Sequence[str]) -> str | None:
    """A row's key as text; None where a part of it is missing."""
    values = [record.get(column) for column in columns]
    return None if any(value is None for value in values) else _encode(values).decode()


def seen(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    known: Mapping[str, Known],
    run: int,
    *,
    may_repeat: bool,
    is_deleted: Sequence[bool] = (),
    newest_first: bool = False,
) -> Seen:
    """Compare rows, whose values are JSON's, with what is known of them (by `key_of`).

    `may_repeat` says that a key may come again in one run with other values, as while rows change
    under a cursor; with `newest_first` only the first of them counts. `is_deleted` says, for each
    row where it is given, that the row is told of because it is gone.
    """
    changes: list[Change] = []
    unchanged: dict[str, Known] = {}
    refused: list[tuple[Mapping[str, Any], str]] = []
    now = dict(known)
    for number, record in enumerate(rows):
        key = key_of(record, columns)
        if key is None:
            refused.append((record, f"its key ({', '.join(columns)}) is missing"))
            continue
        before = now.get(key)
        if newest_first and before is not None and before.run == run:
            continue
        if is_deleted and is_deleted[number]:
            if before is None or not before.hash:
                version = 0 if before is None else before.version
                now[key] = unchanged[key] = Known(b"", version, run)
                continue
            after = Known(b"", before.version + 1, run)
            now[key] = after
            if key in known:
                unchanged[key] = known[key]._replace(run=run)
            changes.append(
                Change(key, DELETED, {CHANGE: DELETED, **record}, after, _id(key, after))
            )
            continue
        digest = xxhash.xxh3_128_digest(_encode(record))
        if before is not None and before.hash == digest:
            now[key] = unchanged[key] = Known(digest, before.version, run)
            continue
        if before is not None and before.run == run and not may_repeat:
            refused.append((record, f"another row has the same key {key}"))
            continue
        kind = UPDATED if before is not None and before.hash else INSERTED
        after = Known(digest, 1 if before is None else before.version + 1, run)
        now[key] = after
        if key in known:  # so it stays where its change makes no event: there, and not gone
            unchanged[key] = known[key]._replace(run=run)
        changes.append(Change(key, kind, {CHANGE: kind, **record}, after, _id(key, after)))
    return Seen(changes, unchanged, refused)


def deletions(
    gone: Sequence[tuple[str, Known]], columns: Sequence[str], run: int
) -> Sequence[Change]:
    """The changes of rows that are there no more."""
    made = []
    for key, known in gone:
        after = Known(b"", known.version + 1, run)
        values = dict(zip(columns, msgspec.json.decode(key), strict=True))
        made.append(Change(key, DELETED, {CHANGE: DELETED, **values}, after, _id(key, after)))
    return made


def _id(key: str, known: Known) -> str:
    return f"{xxhash.xxh3_64_hexdigest(key.encode())}-{known.version}-{known.hash[:6].hex()}"
