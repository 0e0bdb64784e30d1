"""How many stored events and people a step touches: counted by the warehouse, not guessed."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from headwater.configuration.model import Action, Api, Impact, Step
from headwater.configuration.nouns import by_kind
from headwater.configuration.plan import touched_members

_TABLES: Final = ("identifies", "tracks", "pages", "screens", "groups", "aliases")


def with_impact(steps: Sequence[Step], api: Api, *, days: float, now: str) -> list[Step]:
    """The steps, each that touches events with their figure.

    Counts the source's events received in the `days` before `now` (ISO 8601), and their people: a
    userId, or an anonymousId where there is none.
    """
    known: dict[str, Impact] = {}
    return [_counted(step, api, known, days, now) for step in steps]


def _counted(step: Step, api: Api, known: dict[str, Impact], days: float, now: str) -> Step:
    slug = _touched_source(step)
    if not slug:
        return step
    if slug not in known:
        known[slug] = _count(api, slug, days, now)
    return msgspec.structs.replace(step, impact=known[slug])


def _touched_source(step: Step) -> str:
    """The slug of the source whose events a step touches; empty where it touches none."""
    noun = by_kind(step.kind)
    if noun.source_slug is None or step.before is None:
        return ""
    if step.action is Action.CHANGE and noun.touches.isdisjoint(touched_members(step)):
        return ""
    return noun.source_slug(step.before.document)


def _count(api: Api, slug: str, days: float, now: str) -> Impact:
    parts = " UNION ALL ".join(
        f'SELECT user_id, anonymous_id, received_at FROM "{slug}"."{table}"' for table in _TABLES
    )
    sql = (
        "SELECT count(*) AS events, count(DISTINCT coalesce(user_id, anonymous_id)) AS people"
        f" FROM ({parts}) AS e"
        f" WHERE received_at > TIMESTAMP '{now}' - INTERVAL {round(days * 86_400)} SECOND"
        f" AND received_at <= TIMESTAMP '{now}'"
    )
    rows: Sequence[Mapping[str, int]] = api("POST", "/api/query", {"sql": sql})
    [row] = rows
    return Impact(row["events"], row["people"], days)
