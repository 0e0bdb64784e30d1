"""What the values at a place have in common: an enumeration, a format, a range. Pure."""

from math import ceil, floor, log10
from typing import Any, Final

import msgspec

from headwater.plans.inferring.model import Slip, Thresholds
from headwater.plans.inferring.observing import Numbers, Place

_WIDE: Final = 2.0
"""Numbers may lie beyond nearly all others by so many times what those span."""
_STEPS: Final = (1, 2, 5, 10)


class Finding(msgspec.Struct, frozen=True):
    """A part of a schema, and what was seen against it."""

    rule: dict[str, Any]
    slips: list[Slip]


def enumeration(place: Place, at: Thresholds) -> Finding | None:
    """Few values, each seen often, and hardly one that came once."""
    values, total = place.values, place.strings
    if values is None or total < at.enough or place.formats:
        return None
    least = max(total * at.rare_value, 2)
    members = [value for value, count in values.items() if count >= least]
    rare = [(value, count) for value, count in values.items() if count < least]
    is_told = (
        2 <= len(members) <= at.most_values
        and total >= at.repeats * len(members)
        and sum(count for _, count in rare) <= max(total * at.noise, 2)
    )
    if not is_told:
        return None
    return Finding({"enum": sorted(members)}, [Slip("value", text, n) for text, n in rare])


def formatted(place: Place, at: Thresholds) -> Finding | None:
    """The format that nearly all texts keep to."""
    if place.strings < at.enough or not place.formats:
        return None
    [(name, count)] = place.formats.most_common(1)
    if count < place.strings * at.format:
        return None
    broken = place.strings - count
    return Finding({"format": name}, [Slip("format", name, broken)] if broken else [])


def ranged(place: Place, at: Thresholds) -> Finding | None:
    """Bounds with room around the numbers that were seen, without those that lie far off."""
    numbers = place.numbers
    if numbers is None or numbers.count < at.enough:
        return None
    low, high = _common(numbers, at)
    is_whole = place.kinds["number"] == 0
    least, most = bound(low, up=False), bound(high, up=True)
    off = sum(1 for number in numbers.kept if not least <= number <= most) * numbers.every
    for extreme in (numbers.low, numbers.high):
        off = max(off, 1) if not least <= extreme <= most else off
    rule = {"minimum": _plain(least, is_whole), "maximum": _plain(most, is_whole)}
    return Finding(rule, [Slip("range", f"{numbers.low:g} … {numbers.high:g}", off)] if off else [])


def _common(numbers: Numbers, at: Thresholds) -> tuple[float, float]:
    """The least and the highest number of those that do not lie far off nearly all others."""
    kept = sorted(numbers.kept)
    aside = ceil(len(kept) * at.noise)
    if len(kept) <= 2 * aside:
        return numbers.low, numbers.high
    usual_low, usual_high = kept[aside], kept[-1 - aside]
    span = max(usual_high - usual_low, abs(usual_high), 1.0) * _WIDE
    inner = [number for number in kept if usual_low - span <= number <= usual_high + span]
    low, high = inner[0], inner[-1]
    # The extremes may be among those that were not kept.
    if usual_low - span <= numbers.low:
        low = numbers.low
    if numbers.high <= usual_high + span:
        high = numbers.high
    return low, high


def bound(number: float, *, up: bool) -> float:
    """A limit with room for this number: a round one (1, 2 or 5 and zeros) beyond twice of it.

    Zero bounds what has no other sign.
    """
    if not up:
        return 0.0 if number >= 0 else -_round(-number * 2)
    return 0.0 if number <= 0 else _round(number * 2)


def _round(number: float) -> float:
    unit = 10.0 ** floor(log10(number))
    return next(step * unit for step in _STEPS if step * unit >= number * 0.999_999)


def _plain(number: float, is_whole: bool) -> float | int:
    if (is_whole or number.is_integer()) and abs(number) < 2**53:
        return ceil(number)
    return number
