"""From counts by variant to what an experiment says. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from headwater.statistics.experiments import EXPECTED, Comparison, Split, compare, split
from headwater.statistics.model import LEVEL, Doubt
from headwater.statistics.proportions import Share, share


class Counted(msgspec.Struct, frozen=True):
    """What the engine counted of a variant."""

    n: int
    converted: int
    value: float = 0.0


class Variant(msgspec.Struct, frozen=True, rename="camel"):
    """One variant: its people, how many converted, and how that compares with the control."""

    name: str
    converted: Share
    value: float
    value_per_person: float | None
    comparison: Comparison | None
    """None for the control itself, and where either has no people."""


class Reading(msgspec.Struct, frozen=True, rename="camel"):
    """All variants, the control first, and whether people are split as planned."""

    n: int
    control: str
    variants: list[Variant]
    split: Split
    doubts: tuple[Doubt, ...] = ()


_USUAL = ("control", "original", "baseline", "default", "a", "0", "off")


def read(
    counted: Mapping[str, Counted],
    control: str = "",
    weights: Mapping[str, float] | None = None,
    expected: float = EXPECTED,
    level: float = LEVEL,
) -> Reading:
    """What the counts say. Without `control` the variant that is called so by custom is it, or the
    first by name."""
    chosen = control or control_of(list(counted))
    names = [chosen] if chosen in counted else []
    names += sorted(name for name in counted if name != chosen)
    base = counted.get(chosen)
    planned = [(weights or {}).get(name, 0.0) for name in names]
    whole = split([counted[name].n for name in names], planned if all(planned) else ())
    doubts = [Doubt.UNEVEN_SPLIT] if whole.is_mismatch else []
    told = [_variant(name, counted[name], base, name == chosen, expected, level) for name in names]
    if len(told) > 2:
        doubts.append(Doubt.MANY_TESTS)
    small = any(each.comparison and each.comparison.doubts for each in told)
    return Reading(
        sum(each.n for each in counted.values()),
        chosen,
        told,
        whole,
        (*doubts, Doubt.SMALL_SAMPLE) if small else tuple(doubts),
    )


def control_of(names: Sequence[str]) -> str:
    """The variant that is the control by its name."""
    known = {name.casefold(): name for name in names}
    return next((known[usual] for usual in _USUAL if usual in known), min(names, default=""))


def _variant(
    name: str,
    counted: Counted,
    base: Counted | None,
    is_control: bool,
    expected: float,
    level: float,
) -> Variant:
    comparison = None
    if base is not None and not is_control and base.n and counted.n:
        comparison = compare(counted.converted, counted.n, base.converted, base.n, level, expected)
    return Variant(
        name,
        share(counted.converted, counted.n, level),
        counted.value,
        counted.value / counted.n if counted.n else None,
        comparison,
    )
