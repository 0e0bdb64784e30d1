"""Which visit a conversion is credited to, by each model.

The engine puts touches before each conversion in order and counts equal paths; the models then run
on the distinct paths. What depends on times (decay) is summed by the engine.
"""

from collections.abc import Sequence
from typing import Any, Final

from headwater.analytics.lazily import ibis
from headwater.statistics.attribution import Path

SEPARATOR: Final = "\x1f"
OTHER: Final = "(other)"


def reached(touches: Any, conversions: Any, days: int) -> Any:
    """One row for each touch within `days` before a conversion: `number` of the conversion, `key`,
    `at` of the touch, `age` in days, `value`. `conversions` has `person`, `at`, `value`."""
    numbered = conversions.mutate(
        number=ibis.row_number().over(order_by=["person", "at", "value"])
    ).rename(c_person="person", c_at="at")
    since = numbered.c_at - ibis.interval(days=days)
    found = touches.join(
        numbered,
        [
            touches.person == numbered.c_person,
            touches.at <= numbered.c_at,
            touches.at >= since,
        ],
    )
    age = (found.c_at.epoch_seconds() - found.at.epoch_seconds()).cast("float64") / 86_400
    return found.select("number", "key", "at", "person", age=age, value=found.value)


def converting(touched: Any) -> Any:
    """The distinct paths of conversions: `path`, `conversions`, `value`."""
    paths = touched.group_by("number").agg(
        path=touched.key.group_concat(sep=SEPARATOR, order_by=[touched.at, touched.key]),
        value=touched.value.max(),
    )
    return paths.group_by("path").agg(conversions=paths.count(), value=paths.value.sum())


def leaving(touches: Any, conversions: Any) -> Any:
    """The distinct paths of people who never converted: `path`, `people`."""
    stayed = touches.anti_join(conversions, "person")
    paths = stayed.group_by("person").agg(
        path=stayed.key.group_concat(sep=SEPARATOR, order_by=[stayed.at, stayed.key])
    )
    return paths.group_by("path").agg(people=paths.count())


def decayed(touched: Any, half_life: float) -> Any:
    """The credit by time: `key`, `conversions`, `value`."""
    nearest = touched.age.min().over(group_by="number")
    told = touched.mutate(raw=(ibis.literal(2.0) ** (-(touched.age - nearest) / half_life)))
    told = told.mutate(weight=told.raw / told.raw.sum().over(group_by="number"))
    return told.group_by("key").agg(
        conversions=told.weight.sum(), value=(told.weight * told.value).sum()
    )


def last(touched: Any) -> Any:
    """The credit of the last touch alone: `key`, `conversions`, `people`, `value`."""
    order = ibis.window(group_by="number", order_by=[ibis.desc("at"), ibis.desc("key")])
    found = touched.mutate(place=ibis.row_number().over(order)).filter(lambda t: t.place == 0)
    return found.group_by("key").agg(
        conversions=found.count(), people=found.person.nunique(), value=found.value.sum()
    )


def paths_of(
    converted: Sequence[tuple[str, float, float]], left: Sequence[tuple[str, float]], most: int
) -> list[Path]:
    """The rows of `converting` and `leaving` as paths; of rare channels all beyond the `most`
    are one, so that what models compute stays bounded."""
    known: dict[str, list[float]] = {}
    for path, conversions, value in converted:
        known[path] = [conversions, value or 0.0, 0.0]
    for path, people in left:
        known.setdefault(path, [0.0, 0.0, 0.0])[2] += people
    weight: dict[str, float] = {}
    for path, (conversions, _, without) in known.items():
        for channel in path.split(SEPARATOR):
            weight[channel] = weight.get(channel, 0.0) + conversions + without
    kept = set(sorted(weight, key=lambda name: (-weight[name], name))[:most])
    return [
        Path(
            tuple(name if name in kept else OTHER for name in path.split(SEPARATOR)),
            *numbers,
        )
        for path, numbers in sorted(known.items())
    ]
