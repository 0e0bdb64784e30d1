"""From counted rows to what a report shows: shares, costs, credits. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from headwater.statistics.attribution import Credits, Model, Path, shared_out
from headwater.statistics.model import LEVEL
from headwater.statistics.proportions import Share, share


class Cost(msgspec.Struct, frozen=True, rename="camel"):
    """What was spent on something, in one currency."""

    cost: float = 0.0
    impressions: int = 0
    clicks: int = 0


class Costs(msgspec.Struct, frozen=True, rename="camel"):
    """What was spent by key; of several currencies the one that most was spent in is taken, and
    the others are named."""

    currency: str = ""
    by_key: Mapping[str, Cost] = {}
    left_out: tuple[str, ...] = ()

    def whole(self) -> Cost:
        """All of it."""
        those = self.by_key.values()
        return Cost(
            sum(each.cost for each in those),
            sum(each.impressions for each in those),
            sum(each.clicks for each in those),
        )


class Row(msgspec.Struct, frozen=True, rename="camel"):
    """One channel, source, campaign, …: who came, what they did, what it cost."""

    key: str
    visits: int
    people: int
    converted: Share
    """The people who converted, of those who came."""
    conversions: int
    value: float
    cost: float | None = None
    impressions: int | None = None
    clicks: int | None = None
    click_rate: Share | None = None
    """Clicks of impressions."""
    cost_per_click: float | None = None
    cost_per_conversion: float | None = None
    return_on_spend: float | None = None
    """Value for each unit of cost."""


class Came(msgspec.Struct, frozen=True):
    """What the engine counted of a key."""

    visits: int = 0
    people: int = 0
    converted: int = 0
    conversions: int = 0
    value: float = 0.0


class Credited(msgspec.Struct, frozen=True, rename="camel"):
    """What one model gives a channel."""

    model: Model
    conversions: float
    share: float
    """Of all conversions that are credited."""
    value: float
    cost_per_conversion: float | None = None
    return_on_spend: float | None = None


class Channel(msgspec.Struct, frozen=True, rename="camel"):
    """What each model gives a channel, and what it cost."""

    key: str
    touches: int
    cost: float | None
    credits: list[Credited]


_NOTHING: Final = Came()


def costs_of(rows: Iterable[tuple[str, str, float, float, float]], wanted: str = "") -> Costs:
    """The rows key, currency, cost, impressions, clicks, in one currency."""
    sums: dict[str, float] = {}
    found = [(each[0], each[1].upper(), each[2], each[3], each[4]) for each in rows]
    for _, currency, cost, _, _ in found:
        sums[currency] = sums.get(currency, 0.0) + cost
    if not sums:
        return Costs(wanted.upper())
    chosen = wanted.upper() or max(sorted(sums), key=lambda each: sums[each])
    by_key: dict[str, Cost] = {}
    for key, currency, cost, impressions, clicks in found:
        if currency == chosen:
            before = by_key.get(folded(key), Cost())
            by_key[folded(key)] = Cost(
                before.cost + cost,
                before.impressions + int(impressions),
                before.clicks + int(clicks),
            )
    return Costs(chosen, by_key, tuple(sorted(each for each in sums if each != chosen)))


def folded(key: str) -> str:
    """How keys are compared: `Spring ` in a report of costs is `spring` in an address."""
    return key.strip().casefold()


def row(key: str, came: Came, cost: Cost | None, level: float = LEVEL) -> Row:
    """A row with all that follows from its counts."""
    told = Row(
        key,
        came.visits,
        came.people,
        share(min(came.converted, came.people), came.people, level),
        came.conversions,
        came.value,
    )
    if cost is None:
        return told
    has_clicks = 0 < cost.clicks <= cost.impressions
    return msgspec.structs.replace(
        told,
        cost=cost.cost,
        impressions=cost.impressions,
        clicks=cost.clicks,
        click_rate=share(cost.clicks, cost.impressions, level) if has_clicks else None,
        cost_per_click=_over(cost.cost, cost.clicks),
        cost_per_conversion=_over(cost.cost, came.conversions),
        return_on_spend=_over(came.value, cost.cost),
    )


def _over(one: float, other: float) -> float | None:
    return one / other if other else None


def rows(came: Mapping[str, Came], costs: Costs, level: float = LEVEL) -> list[Row]:
    """A row for each key that people came by or that money was spent on, the most visits first."""
    named = {folded(key): key for key in came}
    spent_alone = {key: key or "(none)" for key in costs.by_key if key not in named}
    found = [row(key, each, costs.by_key.get(folded(key)), level) for key, each in came.items()]
    found += [row(name, _NOTHING, costs.by_key[key], level) for key, name in spent_alone.items()]
    return sorted(found, key=lambda each: (-each.visits, -(each.cost or 0), each.key))


def credits_of(
    models: Sequence[Model], paths: Sequence[Path], by_time: Credits, direct: str
) -> dict[Model, Credits]:
    """What each model gives; what goes by time comes from the engine, on the same touches."""
    return {
        model: by_time if model is Model.TIME_DECAY else shared_out(model, paths, direct)
        for model in models
    }


def channels(found: Mapping[Model, Credits], paths: Sequence[Path], costs: Costs) -> list[Channel]:
    """Each channel with what every model gives it, the most credited by the first model first."""
    touches: dict[str, float] = {}
    for path in paths:
        for channel in path.channels:
            touches[channel] = touches.get(channel, 0) + path.conversions + path.without
    totals = {
        model: sum(each.conversions for each in those.values()) for model, those in found.items()
    }
    told = []
    for key, times in touches.items():
        cost = costs.by_key.get(folded(key))
        given = [
            _credited(model, those, key, totals[model], cost.cost if cost else None)
            for model, those in found.items()
        ]
        told.append(Channel(key, int(times), cost.cost if cost else None, given))
    return sorted(
        told, key=lambda each: (-(each.credits[0].conversions if each.credits else 0), each.key)
    )


def _credited(model: Model, those: Credits, key: str, total: float, cost: float | None) -> Credited:
    credit = those.get(key)
    conversions, value = (credit.conversions, credit.value) if credit else (0.0, 0.0)
    return Credited(
        model,
        conversions,
        conversions / total if total else 0.0,
        value,
        _over(cost, conversions) if cost is not None else None,
        _over(value, cost) if cost is not None else None,
    )
