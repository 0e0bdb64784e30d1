"""A help desk's real log, and a table of tickets, through their mappings; against the raw rows."""

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pyarrow as pa
import pytest

from headwater.analytics.events import Events
from headwater.analytics.kinds import KINDS
from headwater.demo.replay import DATA_SETS, mapping_path
from headwater.imports.converting import FileEvents
from headwater.imports.mapping_file import read_mapping
from headwater.naming import column_name, table_name

Both = Callable[[dict[str, pa.Table]], Callable[[Any], list[tuple[Any, ...]]]]
_EXAMPLES = Path(__file__).parents[3] / "examples" / "support"
_NUMBERS = ("rating",)
_COLUMNS = (
    "ticket_id channel priority category state group assignee type rating".split()  # noqa: SIM905
)
NOW = datetime(2023, 7, 1, tzinfo=UTC)


def _tables(shared: Path, name: str) -> dict[str, pa.Table]:
    """The events of a data set, as the loader names their tables and columns."""
    mapping = read_mapping(mapping_path(name))
    file = next(each.file for each in DATA_SETS if each.name == name)
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    path = shared / "data" / name / file
    with FileEvents(path, mapping, mapping.file, "id", lambda *_: None) as events:
        for event in events:
            told = msgspec.json.decode(event.body)
            if told["type"] != "track":
                continue
            at = datetime.fromisoformat(told["timestamp"]).replace(tzinfo=None)
            said = told["properties"]
            row: dict[str, Any] = {
                column_name(key): (float(said[key]) if key in _NUMBERS else str(said[key]))
                for key in _COLUMNS
                if said.get(key) is not None
            }
            ids = {"id": told["messageId"], "user_id": told.get("userId")}
            ids["anonymous_id"] = told.get("anonymousId")
            found[table_name(told["event"])].append(
                {**row, **ids, "timestamp": at, "received_at": at}
            )
    return {name: pa.Table.from_pylist(rows, _schema(rows)) for name, rows in found.items()}


def _schema(rows: list[dict[str, Any]]) -> pa.Schema:
    names = dict.fromkeys(key for row in rows for key in row)
    return pa.schema(
        [
            (
                name,
                pa.timestamp("us")
                if name in ("timestamp", "received_at")
                else pa.float64()
                if name in _NUMBERS
                else pa.string(),
            )
            for name in names
        ]
    )


class _Engine:
    def __init__(self, both: Both, tables: dict[str, pa.Table]) -> None:
        kinds = {pa.string(): "string", pa.float64(): "float64"}
        self._tables = {
            name: {each.name: kinds.get(each.type, "timestamp(6)") for each in table.schema}
            for name, table in tables.items()
        }
        self._ask = both(tables)

    def tables(self) -> dict[str, dict[str, str]]:
        return self._tables

    def rows(self, expression: Any) -> list[dict[str, Any]]:
        names = expression.as_table().columns
        return [dict(zip(names, row, strict=True)) for row in self._ask(expression)]


def _asked(engine: _Engine, kind: str, example: str, **more: Any) -> Any:
    said = msgspec.json.decode((_EXAMPLES / f"{example}.json").read_bytes())
    request = msgspec.convert({**said, **more}, KINDS[kind].request)
    return KINDS[kind].ask(request, Events(engine, NOW))


@pytest.mark.shared
def test_a_help_desks_log_is_read_as_lives_of_tickets(shared: Path, both: Both) -> None:
    engine = _Engine(both, _tables(shared, "incident_event_log"))
    raw = pd.read_csv(
        shared / "data/incident_event_log/incident_event_log.csv.gz", na_values="?", dtype=str
    )
    for name in ("opened_at", "resolved_at", "sys_updated_at"):
        raw[name] = pd.to_datetime(raw[name], format="%d-%m-%Y %H:%M")
    one = raw.groupby("number").agg(
        opened=("opened_at", "first"),
        channel=("contact_type", "first"),
        priority=("priority", "first"),
    )
    one = one[(one.opened >= "2016-02-29") & (one.opened < "2016-04-01")]
    found = _asked(engine, "support", "incident_event_log", by="priority")
    assert found.n == len(one)
    assert {row.key: row.tickets for row in found.rows} == one.priority.value_counts().to_dict()
    done = raw[raw.incident_state.isin(["Resolved", "Closed"])]
    solved = done.assign(at=done.resolved_at.fillna(done.sys_updated_at))
    solved = solved.groupby("number")["at"].first()
    again = raw[raw.reopen_count.astype(int) > 0]
    reopened = again.groupby(["number", "reopen_count"]).sys_updated_at.first()
    reopened = reopened.groupby("number").max()
    one["solved"], one["reopened"] = solved, reopened
    held = one[one.solved.notna() & ~(one.reopened > one.solved)]
    took = (held.solved - held.opened).dt.total_seconds().clip(lower=0)
    assert found.total.resolution.n == len(held)
    assert found.total.resolution.median == pytest.approx(took.median())
    assert found.total.resolution.mean == pytest.approx(took.mean())
    assert found.total.reopened.count == one.reopened.notna().sum()
    late = _asked(
        engine, "service-levels", "incident_event_log", targets=[{"resolutionMinutes": 4320}]
    )
    assert late.total.resolution.n == len(one)
    waits = _asked(engine, "bottlenecks", "incident_event_log")
    assert {each.key for each in waits.waits} >= {"new", "active", "awaiting user info"}
    assert len(waits.groups) > 20
    open_ = _asked(engine, "backlog", "incident_event_log")
    assert sum(step.created for step in open_.moments) == len(one)
    assert open_.before == 0


@pytest.mark.shared
def test_a_table_of_tickets_tells_who_is_satisfied(shared: Path, both: Both) -> None:
    engine = _Engine(both, _tables(shared, "support_tickets"))
    raw = pd.read_csv(shared / "data/support_tickets/tickets.csv.gz")
    rated = raw.dropna(subset="Customer Satisfaction Rating")
    found = _asked(engine, "satisfaction", "support_tickets", by="channel")
    assert found.n == len(rated)
    for row in found.rows:
        these = rated[rated["Ticket Channel"] == row.key]["Customer Satisfaction Rating"]
        assert (row.csat.count, row.csat.n) == ((these >= 4).sum(), len(these))
    bad = _asked(engine, "bad-ratings", "support_tickets")
    # The ratings are synthetic: nothing goes with them.
    assert all(
        (each.adjusted_p_value or 1) > 0.05 for each in bad.found if each.property != "response"
    )
    solved = _asked(engine, "support", "support_tickets", by="channel")
    assert solved.n == len(raw)
    assert solved.total.resolution.n == raw["Time to Resolution"].notna().sum()
    assert date(2023, 6, 1) == _asked(engine, "backlog", "support_tickets").moments[1].since
