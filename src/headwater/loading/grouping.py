"""Which rows of a source's events go to which typed table."""

import itertools

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from headwater.loading.learning import Learning
from headwater.loading.losses import Lost
from headwater.loading.model import ConflictReason, TableKey
from headwater.loading.standard import CALL_TABLES
from headwater.loading.values import json_text
from headwater.naming import table_name

Order = npt.NDArray[np.intp]


class Group(msgspec.Struct, frozen=True):
    """The rows `start` to `end` (in order of table) that go to one table."""

    table: str
    start: int
    end: int


def event_slugs(events: pa.Array) -> pa.Array:
    """The snake-cased name of each track event; null for the other calls."""
    coded = events.dictionary_encode()
    names = pa.array([table_name(event) for event in coded.dictionary.to_pylist()], pa.string())
    return names.take(coded.indices)


def grouped(
    slug: str, events: pa.RecordBatch, learning: Learning
) -> tuple[Order | None, list[Group]]:
    """The rows' order by table (None where they are in it already), and each table's share.

    Track events that get no table of their own make the group of the table "".
    """
    tables = [*CALL_TABLES.values(), ""]
    calls = pa.array([*CALL_TABLES, "track"])
    codes = pc.index_in(events["type"], calls).to_numpy(zero_copy_only=False).copy()
    is_track = codes == len(tables) - 1
    coded = events["event"].dictionary_encode()
    if is_track.any():
        present = coded.filter(pa.array(is_track)).indices.drop_null()
        tracked = np.full(len(coded.dictionary) + 1, len(tables) - 1, dtype=codes.dtype)
        for number in pc.unique(present).to_pylist():
            table = learning.meet_event(slug, coded.dictionary[number].as_py())
            if table is not None:
                if table not in tables:
                    tables.append(table)
                tracked[number] = tables.index(table)
        names = coded.indices.fill_null(len(coded.dictionary)).to_numpy(zero_copy_only=False)
        codes[is_track] = tracked[names[is_track]]
        _regret_tables(slug, events, codes == len(CALL_TABLES), learning)
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    edges = np.flatnonzero(np.diff(ordered)) + 1
    bounds = [0, *edges.tolist(), len(ordered)]
    groups = [
        Group(tables[ordered[start]], start, end) for start, end in itertools.pairwise(bounds)
    ]
    return (order if len(groups) > 1 else None), groups


def _regret_tables(
    slug: str,
    events: pa.RecordBatch,
    refused: npt.NDArray[np.bool_],
    learning: Learning,
) -> None:
    """Note the track events that have no table of their own."""
    lost = []
    for row in np.flatnonzero(refused).tolist():
        event = events["event"][row].as_py()
        if event is not None:
            item = Lost(row, "", json_text(event), ConflictReason.TABLE_LIMIT)
            lost.append((TableKey(slug, table_name(event)), item))
    learning.regret(lost, events["message_id"], events["received_at"])
