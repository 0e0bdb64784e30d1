"""Each analysis on DuckDB and PostgreSQL, against pandas over the same rows."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pandas as pd
import pyarrow as pa
import pytest

from headwater.analytics.events import Events
from headwater.analytics.kinds import (
    backlog,
    bad_ratings,
    bottlenecks,
    satisfaction,
    service_levels,
    support,
)
from headwater.analytics.periods import Period
from headwater.analytics.support.hours import Calendar, seconds
from headwater.errors import InvalidError
from headwater.statistics.probability import independence
from tests.analytics.support.desk import NOW, events, lives, tables

Both = Callable[[dict[str, pa.Table]], Callable[[Any], list[tuple[Any, ...]]]]
_PERIOD = Period(since=date(2026, 1, 10), until=date(2026, 3, 20))
_SINCE, _UNTIL = pd.Timestamp("2026-01-10"), pd.Timestamp("2026-03-21")
_END = pd.Timestamp(NOW.replace(tzinfo=None))


@pytest.fixture
def desk(both: Both) -> Events:
    return events(both(tables(lives())))


@pytest.fixture(scope="module")
def told() -> pd.DataFrame:
    return pd.DataFrame([{"event": event, **row} for event, row in lives()])


def _tickets(told: pd.DataFrame) -> pd.DataFrame:
    """A row for each ticket of the period, by pandas."""
    found = []
    for ticket, of_it in told.sort_values("timestamp", kind="stable").groupby("ticket_id"):

        def times(event: str, of_it: pd.DataFrame = of_it) -> pd.Series:
            return of_it[of_it.event == event].timestamp

        replies = of_it[(of_it.event == "ticket_replied") & (of_it.author_role == "agent")]
        solved, reopened = times("ticket_solved").max(), times("ticket_reopened").max()
        held = not pd.isna(solved) and not (reopened > solved)
        agents = of_it.agent.dropna()
        found.append(
            {
                "ticket": ticket,
                "created": times("ticket_created").min(),
                "answered": replies.timestamp.min(),
                "resolved": solved if held else pd.NaT,
                "was_solved": not pd.isna(solved),
                "was_reopened": not pd.isna(reopened),
                "complained": len(times("complaint_filed")) > 0,
                "agent": agents.iloc[-1] if len(agents) else "(none)",
                "priority": of_it.priority.dropna().iloc[0],
            }
        )
    frame = pd.DataFrame(found)
    return frame[(frame.created >= _SINCE) & (frame.created < _UNTIL)]


def test_times_and_rates_are_those_that_pandas_finds(desk: Events, told: pd.DataFrame) -> None:
    found = support.ask(support.SupportRequest(period=_PERIOD, by="agent"), desk)
    frame = _tickets(told)
    assert {row.key for row in found.rows} == set(frame.agent)
    for row in [found.total, *found.rows]:
        these = frame if row.key == "" else frame[frame.agent == row.key]
        wait = (these.answered - these.created).dt.total_seconds().dropna()
        took = (these.resolved - these.created).dt.total_seconds().dropna()
        assert (row.tickets, row.first_response.n, row.resolution.n) == (
            len(these),
            len(wait),
            len(took),
        )
        if len(took):
            assert row.resolution.median == pytest.approx(took.median())
            assert row.resolution.p90 == pytest.approx(took.quantile(0.9))
            assert row.resolution.mean == pytest.approx(took.mean())
        assert row.resolved.count == len(took)
        assert (row.reopened.count, row.reopened.n) == (
            these.was_reopened.sum(),
            these.was_solved.sum(),
        )
        assert row.complained.count == these.complained.sum()


def test_business_hours_shorten_what_is_waited(desk: Events, told: pd.DataFrame) -> None:
    hours = Calendar("Europe/Berlin", holidays=[date(2026, 2, 16)])
    found = support.ask(support.SupportRequest(period=_PERIOD, hours=hours), desk)
    frame = _tickets(told).dropna(subset="resolved")
    took = seconds(
        hours, frame.created.dt.to_pydatetime().tolist(), frame.resolved.dt.to_pydatetime().tolist()
    )
    assert found.total.resolution.mean == pytest.approx(pd.Series(took).mean())


def test_what_is_late_or_still_waits_past_its_time_is_a_breach(
    desk: Events, told: pd.DataFrame
) -> None:
    targets = [service_levels.Target("High", 600, 5000), service_levels.Target("low", 1500, None)]
    found = service_levels.ask(
        service_levels.ServiceLevelsRequest(period=_PERIOD, targets=targets), desk
    )
    frame = _tickets(told)
    for row in found.rows:
        these = frame[frame.priority == row.key]
        limit = {"high": 600, "low": 1500}[row.key] * 60
        late = (these.answered.fillna(_END) - these.created).dt.total_seconds() > limit
        judged = late | these.answered.notna()
        assert (row.response.count, row.response.n) == (late.sum(), judged.sum())
        assert row.response_waiting == len(these) - judged.sum()
    low = next(row for row in found.rows if row.key == "low")
    assert (low.resolution.n, low.resolution_waiting, found.without_target) == (0, 0, 0)


def test_the_backlog_is_what_is_open_at_each_days_end(desk: Events, told: pd.DataFrame) -> None:
    found = backlog.ask(backlog.BacklogRequest(period=_PERIOD), desk)
    acts = told[told.event.isin(["ticket_created", "ticket_solved", "ticket_reopened"])]
    acts = acts.sort_values("timestamp", kind="stable")

    def open_at(moment: pd.Timestamp) -> int:
        last = acts[acts.timestamp < moment].groupby("ticket_id").event.last()
        return int((last != "ticket_solved").sum())

    assert found.before == open_at(_SINCE)
    assert len(found.moments) == 70
    for step in found.moments:
        assert step.open == open_at(pd.Timestamp(step.since) + timedelta(days=1))
    created = acts[(acts.event == "ticket_created") & acts.timestamp.between(_SINCE, _UNTIL)]
    assert sum(step.created for step in found.moments) == len(created)
    weeks = backlog.ask(backlog.BacklogRequest(period=_PERIOD, unit="week"), desk)
    assert weeks.moments[-1].open == found.moments[-1].open


def test_satisfaction_is_counted_by_what_the_ticket_says(desk: Events, told: pd.DataFrame) -> None:
    found = satisfaction.ask(satisfaction.SatisfactionRequest(period=_PERIOD, by="topic"), desk)
    topics = told.groupby("ticket_id").topic.first().fillna("(none)")
    given = told[(told.event == "feedback_given") & told.timestamp.between(_SINCE, _UNTIL)]
    given = given.assign(topic=given.ticket_id.map(topics))
    assert (found.n, found.other) == (len(given), 0)
    for row in found.rows:
        these = given[given.topic == row.key].rating
        assert (row.csat.count, row.csat.n) == ((these >= 4).sum(), len(these))


def test_what_goes_with_bad_ratings_comes_first(desk: Events, told: pd.DataFrame) -> None:
    request = bad_ratings.BadRatingsRequest(period=_PERIOD, least=3)
    found = bad_ratings.ask(request, desk)
    first = found.found[0]
    assert (first.property, first.value, first.bad.share) == ("topic", "login", 1.0)
    topics = told.groupby("ticket_id").topic.first().fillna("(none)")
    given = told[(told.event == "feedback_given") & told.timestamp.between(_SINCE, _UNTIL)]
    table = pd.crosstab(given.ticket_id.map(topics) == "login", given.rating <= 2)
    (others_good, others_bad), (good, bad) = table.to_numpy().tolist()
    assert first.p_value == independence(bad, good, others_bad, others_good)
    assert (first.adjusted_p_value or 0) >= (first.p_value or 0)
    assert found.total.count == (given.rating <= 2).sum()


def test_stays_and_transitions_are_those_of_each_life(desk: Events, told: pd.DataFrame) -> None:
    found = bottlenecks.ask(bottlenecks.BottlenecksRequest(period=_PERIOD), desk)
    names = {"ticket_created": "created", "ticket_solved": "solved", "ticket_reopened": "reopened"}
    pairs: dict[tuple[str, str], list[float]] = {}
    for _, of_it in told.groupby("ticket_id"):
        of_it = of_it[~of_it.event.isin(["complaint_filed", "feedback_given"])]
        steps = []
        for row in of_it.sort_values("timestamp", kind="stable").itertuples():
            replied = "answered" if row.author_role == "agent" else "customer wrote"
            changed = "escalated" if row.event == "ticket_changed" else replied
            steps.append((names.get(row.event, changed), row.timestamp))
        for (step, at), (after, then) in pairwise(steps):
            if _SINCE <= at < _UNTIL:
                pairs.setdefault((step, after), []).append((then - at).total_seconds())
    assert {(t.before, t.after): t.count for t in found.transitions} == {
        pair: len(waits) for pair, waits in pairs.items()
    }
    for each in found.transitions:
        assert each.times.mean == pytest.approx(pd.Series(pairs[each.before, each.after]).mean())
    assert sum(each.share or 0 for each in found.waits) == pytest.approx(1)
    assert {each.key for each in found.groups} == {"(none)", "x", "y"}


def test_without_tickets_the_analysis_says_what_is_missing(both: Both) -> None:
    none = events(both({}))
    request = support.SupportRequest(
        names=msgspec.structs.replace(support.SupportRequest().names, created="Case Opened")
    )
    with pytest.raises(InvalidError, match="Case Opened"):
        support.ask(request, none)
