"""What people do one time after another: DuckDB and PostgreSQL agree, and with plain Python."""

import random
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import ibis
import msgspec
import numpy as np
import pyarrow as pa
import pytest

from headwater.analytics.events import Events
from headwater.analytics.kinds import KINDS
from headwater.errors import InvalidError
from tests.analytics.conftest import Ask

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
START = datetime(2026, 9, 1)  # noqa: DTZ001 - the warehouse has times without zones
_TEXT, _TIME, _NUMBER = pa.string(), pa.timestamp("us"), pa.float64()
_CALL = {"id": _TEXT, "user_id": _TEXT, "timestamp": _TIME, "received_at": _TIME}
_NAMES = ("seen", "carted", "paid", "helped")
TABLES: dict[str, dict[str, pa.DataType]] = {
    "users": {"id": _TEXT, "plan": _TEXT},
    "tracks": {**_CALL, "event": _TEXT},
    **{name: {**_CALL, "revenue": _NUMBER} for name in _NAMES},
}
_IBIS = {_TEXT: "string", _TIME: "timestamp(6)", _NUMBER: "float64"}
PERIOD = {"since": "2026-09-15", "until": "2026-11-30"}
SINCE = datetime(2026, 9, 15)  # noqa: DTZ001


class Engine:
    """Both engines at once, which must agree."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def tables(self) -> dict[str, dict[str, str]]:
        return {
            name: {column: _IBIS[kind] for column, kind in kinds.items()}
            for name, kinds in TABLES.items()
        }

    def rows(self, expression: Any) -> list[dict[str, Any]]:
        names = expression.as_table().columns
        return [dict(zip(names, row, strict=True)) for row in self._ask(expression)]


def life() -> list[tuple[str, str, datetime, float]]:
    """People and what they did: some moments are the very same, and steps repeat."""
    chance = random.Random(7)
    found = []
    for each in range(60):
        at = START + timedelta(days=chance.randrange(60))
        for _ in range(chance.randrange(1, 14)):
            at += timedelta(hours=chance.choice((0, 1, 5, 30, 200)))
            name = chance.choices(_NAMES, (6, 4, 3, 1))[0]
            if at < NOW.replace(tzinfo=None):
                found.append((f"u{each}", name, at, float(chance.randrange(1, 50))))
    return found


LIFE = life()


@pytest.fixture(scope="module")
def tables() -> dict[str, pa.Table]:
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    for number, (who, name, at, paid) in enumerate(LIFE):
        call = {"id": f"{number:04}", "user_id": who, "timestamp": at, "received_at": at}
        rows[name].append({**call, "revenue": paid})
        rows["tracks"].append({**call, "event": name})
    people = sorted({each[0] for each in LIFE})
    rows["users"] = [
        {"id": each, "plan": "pro" if int(each[1:]) % 3 else "free"} for each in people
    ]
    return {
        name: pa.Table.from_pylist(those, pa.schema(list(TABLES[name].items())))
        for name, those in rows.items()
    }


@pytest.fixture
def engine(both: Any, tables: dict[str, pa.Table]) -> Engine:
    return Engine(both(tables))


def asked(engine: Any, kind: str, **request: Any) -> Any:
    analysis = KINDS[kind]
    wanted = msgspec.convert({"period": PERIOD, **request}, analysis.request)
    return analysis.ask(wanted, Events(engine, NOW, wanted.people))


def ways(
    steps: list[str], hours: int, barred: str = "", *, strict: bool = False
) -> dict[str, dict[int, float]]:
    """By person, how far each got and the seconds of the quickest way: every way is tried."""
    lives: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    for who, name, at, _ in LIFE:
        lives[who].append((name, at))
    found: dict[str, dict[int, float]] = {}
    for who, mine in lives.items():
        best: dict[int, float] = {}

        def walk(
            step: int,
            start: datetime,
            at: datetime,
            mine: list[tuple[str, datetime]],
            best: dict[int, float],
        ) -> None:
            took = (at - start).total_seconds()
            best[step] = min(took, best.get(step, took))
            if step == len(steps):
                return
            for name, then in mine:
                between = [n for n, t in mine if start < t < then and n == barred]
                if strict:
                    between += [n for n, t in mine if at < t < then]
                near = then - start <= timedelta(hours=hours)
                if name == steps[step] and then > at and near and not between:
                    walk(step + 1, start, then, mine, best)

        for name, at in mine:
            if name == steps[0] and at >= SINCE:
                walk(1, at, at, mine, best)
        if best:
            found[who] = best
    return found


STEPS = [{"event": "seen"}, {"event": "carted"}, {"event": "paid"}, {"event": "seen"}]


@pytest.mark.parametrize(
    ("said", "barred", "strict"),
    [
        ({}, "", False),
        ({"without": [{"event": "helped"}]}, "helped", False),
        ({"order": "strict"}, "", True),
    ],
)
def test_a_funnel_is_the_way_of_each_person_that_leads_furthest(
    engine: Engine, said: dict[str, Any], barred: str, strict: bool
) -> None:
    found = asked(engine, "funnel", steps=STEPS, windowHours=48, trait="plan", **said)
    told = ways([each["event"] for each in STEPS], 48, barred, strict=strict)
    assert [each.people for each in found.steps] == [
        sum(step in best for best in told.values()) for step in (1, 2, 3, 4)
    ]
    assert found.steps[1].people > found.steps[2].people > 0
    for at, step in enumerate(found.steps[1:], 2):
        times = [best[at] for best in told.values() if at in best]
        if times:
            assert step.seconds_median == pytest.approx(np.quantile(times, 0.5))
            assert step.seconds_p90 == pytest.approx(np.quantile(times, 0.9))
    assert {each.value for each in found.groups} == {"pro", "free"}
    assert sum(each.steps[2].people for each in found.groups) == found.steps[2].people
    assert found.steps[1].dropped == found.n - found.steps[1].people


def test_a_step_may_ask_for_properties_and_must_exist(engine: Engine) -> None:
    dear = {"event": "paid", "where": [{"name": "revenue", "operator": "more", "value": 25}]}
    some = asked(engine, "funnel", steps=[{"event": "seen"}, dear]).steps[1].people
    assert 0 < some < asked(engine, "funnel", steps=[{"event": "seen"}, STEPS[2]]).steps[1].people
    with pytest.raises(InvalidError, match="there is no event 'nothing'"):
        asked(engine, "funnel", steps=[{"event": "seen"}, {"event": "nothing"}])


def monday(at: datetime) -> datetime:
    return datetime(at.year, at.month, at.day) - timedelta(days=at.weekday())  # noqa: DTZ001


@pytest.mark.parametrize("returning", ["on", "on_or_after"])
@pytest.mark.parametrize("first", ["ever", "period"])
def test_retention_is_who_of_a_cohort_came_back(engine: Engine, returning: str, first: str) -> None:
    found = asked(
        engine,
        "retention",
        start={"event": "seen"},
        back={"event": "paid"},
        returning=returning,
        first=first,
    )
    began: dict[str, datetime] = {}
    for who, name, at, _ in sorted(LIFE, key=lambda each: each[2]):
        if name == "seen" and (first == "ever" or at >= SINCE):
            began.setdefault(who, at)
    cohorts = {who: monday(at) for who, at in began.items() if at >= SINCE}
    assert found.n == len(cohorts)
    for cohort in found.cohorts:
        mine = {who for who, at in cohorts.items() if at == cohort.began}
        assert cohort.people == len(mine)
        for cell in cohort.cells:
            week = cohort.began + timedelta(days=7 * cell.offset)
            came = {
                who
                for who, name, at, _ in LIFE
                if who in mine and name == "paid" and at >= SINCE
                and (monday(at) == week if returning == "on" else monday(at) >= week)
            }  # fmt: skip
            assert cell.came.count == len(came)
            assert cell.known == (week + timedelta(days=7) <= NOW.replace(tzinfo=None))
    assert found.curve[0].came.n == found.n
    known = [each for each in found.cohorts if any(c.known for c in each.cells[5:6])]
    assert 0 < found.curve[5].came.n == sum(each.people for each in known) < found.n


def test_lifecycle_tells_new_from_returning_back_and_gone(engine: Engine) -> None:
    found = asked(engine, "lifecycle", active={"event": "seen"})
    weeks: dict[str, set[datetime]] = defaultdict(set)
    for who, name, at, _ in LIFE:
        if name == "seen":
            weeks[who].add(monday(at))
    told: dict[datetime, Counter[str]] = defaultdict(Counter)
    for mine in weeks.values():
        order = sorted(mine)
        for before, at in zip([None, *order], order, strict=False):
            near = before is not None and at - before == timedelta(days=7)
            told[at]["returning" if near else "back" if before else "new"] += 1
            if at + timedelta(days=7) not in mine:
                told[at + timedelta(days=7)]["gone"] += 1
    for each in found.moments:
        for kind in ("new", "returning", "back", "gone"):
            assert getattr(each, kind) == told[each.at][kind]
    assert found.n == sum(max(mine) >= found.moments[0].at for mine in weeks.values())


def test_stickiness_is_the_days_of_people_in_whole_months(engine: Engine) -> None:
    found = asked(engine, "stickiness", active={"event": "seen"})
    (october,) = found.moments
    days = Counter(who for who, day in {(e[0], e[2].date()) for e in LIFE if e[1] == "seen"}
                   if date(2026, 10, 1) <= day < date(2026, 11, 1))  # fmt: skip
    assert october.people == len(days)
    assert {each.days: each.people for each in october.histogram} == Counter(days.values())
    assert october.ratio == pytest.approx(sum(days.values()) / 31 / len(days))


def test_rfm_scores_by_how_many_have_less(engine: Engine) -> None:
    found = asked(engine, "rfm", event="paid", value="revenue")
    mine: dict[str, list[tuple[datetime, float]]] = defaultdict(list)
    for who, name, at, paid in LIFE:
        if name == "paid" and at >= SINCE:
            mine[who].append((at, paid))
    people: list[Any] = [(max(a for a, _ in each), len(each), sum(p for _, p in each))
              for each in mine.values()]  # fmt: skip
    scores = Counter(
        tuple(
            min(5, 1 + int(5 * sum(o[at] < one[at] for o in people) / (len(people) - 1) + 1e-12))
            for at in range(3)
        )
        for one in people
    )
    assert {(c.recency, c.frequency, c.monetary): c.people for c in found.cells} == scores
    assert sum(each.people.count for each in found.segments) == found.n == len(people)
    assert sum(each.value for each in found.segments) == sum(p for *_, p in people)


def test_lifetime_value_is_fitted_to_days_of_purchase(engine: Engine) -> None:
    found = asked(engine, "lifetime-value", event="paid", value="revenue", aheadDays=90)
    mine = [each for each in LIFE if each[1] == "paid" and each[2] >= SINCE]
    assert (found.n, found.value) == (len({e[0] for e in mine}), sum(e[3] for e in mine))
    days = Counter(who for who, _ in {(e[0], e[2].date()) for e in mine})
    assert {c.repeats: c.people for c in found.classes} == Counter(n - 1 for n in days.values())
    assert 0 < sum(each.alive for each in found.classes) <= found.n
    assert found.purchases_ahead == pytest.approx(sum(c.purchases_ahead for c in found.classes))


def test_the_expressions_are_one_select_each(tables: dict[str, pa.Table]) -> None:
    asked_sql: list[str] = []

    def ask(expression: Any) -> list[tuple[Any, ...]]:
        asked_sql.append(str(ibis.to_sql(expression, dialect="duckdb")))
        local = ibis.duckdb.connect()
        for name, table in tables.items():
            local.con.register(name, table)
        return list(local.con.execute(asked_sql[-1]).fetchall())

    zone = {**PERIOD, "zone": "Asia/Shanghai"}
    found = asked(Engine(ask), "funnel", steps=STEPS, period=zone)
    assert found.n > 0
    assert len(asked_sql) == 1
    assert asked_sql[0].lstrip().upper().startswith(("WITH", "SELECT"))
