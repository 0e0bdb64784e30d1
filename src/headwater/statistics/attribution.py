"""Who gets the credit for a conversion: rules, and models that learn from all paths."""

import math
from collections import defaultdict
from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final

import msgspec


class Model(StrEnum):
    """How the touches of a path share its conversion."""

    FIRST = "first"
    LAST = "last"
    LAST_NON_DIRECT = "last_non_direct"
    LINEAR = "linear"
    TIME_DECAY = "time_decay"
    POSITION = "position"
    MARKOV = "markov"
    SHAPLEY = "shapley"


class Path(msgspec.Struct, frozen=True, rename="camel"):
    """The channels that people came by, in order, and how often and with what worth they then
    converted, or did not."""

    channels: tuple[str, ...]
    conversions: float
    value: float = 0.0
    without: float = 0.0
    """People who came so and never converted."""


class Credit(msgspec.Struct, frozen=True, rename="camel"):
    """What a channel is credited with."""

    conversions: float
    value: float


Credits = dict[str, Credit]

ENDS: Final = 0.4
"""The share of the first and of the last touch by position; those between share the rest."""


def weights(
    model: Model,
    channels: Sequence[str],
    ages: Sequence[float] = (),
    half_life: float = 7.0,
    direct: str = "direct",
) -> list[float]:
    """How a path's touches share one conversion: the weights add up to 1. `ages` are the times from
    each touch to the conversion, in the unit of the half-life.

    The rules are those that Google Analytics had (first and last click, last non-direct click,
    linear, time decay with 7 days, position based 40/20/40).
    """
    n = len(channels)
    if n == 0:
        return []
    if model is Model.LINEAR:
        return [1 / n] * n
    if model is Model.TIME_DECAY:
        return time_decay(ages, half_life)
    if model is Model.POSITION:
        return by_position(n)
    if model in {Model.FIRST, Model.LAST, Model.LAST_NON_DIRECT}:
        chosen = 0 if model is Model.FIRST else n - 1
        if model is Model.LAST_NON_DIRECT:
            chosen = max((at for at in range(n) if channels[at] != direct), default=n - 1)
        return [float(at == chosen) for at in range(n)]
    raise ValueError(f"The model {model} looks at all paths together.")


def time_decay(ages: Sequence[float], half_life: float) -> list[float]:
    """2^(−age/half-life), made to add up to 1."""
    if half_life <= 0:
        raise ValueError("A half-life is above 0.")
    nearest = min(ages, default=0.0)
    # From the nearest touch on, so that old paths do not vanish to 0/0.
    raw = [2 ** (-(age - nearest) / half_life) for age in ages]
    total = math.fsum(raw)
    return [each / total for each in raw]


def by_position(n: int, ends: float = ENDS) -> list[float]:
    """40 % for the first, 40 % for the last, 20 % for those between; halves for two."""
    if n <= 2:
        return [1 / n] * n
    return [ends, *[(1 - 2 * ends) / (n - 2)] * (n - 2), ends]


def by_rule(model: Model, paths: Sequence[Path], direct: str = "direct") -> Credits:
    """The credits by a rule that needs no times."""
    found: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for path in paths:
        for channel, weight in zip(
            path.channels, weights(model, path.channels, direct=direct), strict=True
        ):
            found[channel][0] += weight * path.conversions
            found[channel][1] += weight * path.value
    return {channel: Credit(*each) for channel, each in found.items()}


def shapley(paths: Sequence[Path]) -> Credits:
    """Each channel's mean contribution over all orders in which channels could be switched on,
    where a set of channels is worth the conversions that came by no others.

    With that worth the Shapley value is the sum over sets with the channel of their conversions ÷
    their size, for any number of channels (L. S. Shapley, "A value for n-person games", 1953: a
    game is a sum of unanimity games; K. Zhao, S. H. Mahboobi, S. R. Bagheri, "Shapley value methods
    for attribution modeling in online advertising", 2018, §3). Order and repeats do not matter.
    """
    found: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for path in paths:
        those = set(path.channels)
        for channel in those:
            found[channel][0] += path.conversions / len(those)
            found[channel][1] += path.value / len(those)
    return {channel: Credit(*each) for channel, each in found.items()}


def markov(paths: Sequence[Path]) -> Credits:
    """The conversions shared in proportion to how many fewer there would be without each channel.

    Paths become a chain of first order from a start over channels to conversion or to nothing. The
    removal effect of a channel is the share of conversions lost when who comes to it comes to
    nothing. E. Anderl, I. Becker, F. von Wangenheim, J. H. Schumann, "Mapping the customer journey:
    lessons learned from graph-based online attribution modeling", International Journal of Research
    in Marketing 33 (2016) 457-474.
    """
    conversions = math.fsum(path.conversions for path in paths)
    value = math.fsum(path.value for path in paths)
    effects = removal_effects(paths)
    total = math.fsum(effects.values())
    if not total:
        return {channel: Credit(0.0, 0.0) for channel in effects}
    return {
        channel: Credit(conversions * effect / total, value * effect / total)
        for channel, effect in effects.items()
    }


def removal_effects(paths: Sequence[Path]) -> dict[str, float]:
    """The share of conversions that is lost without each channel."""
    import numpy as np

    names = sorted({channel for path in paths for channel in path.channels})
    place = {name: at + 1 for at, name in enumerate(names)}
    size = len(names) + 1
    steps = np.zeros((size, size))
    ends = np.zeros(size)
    leaves = np.zeros(size)
    for path in paths:
        came = path.conversions + path.without
        states = [0, *(place[channel] for channel in path.channels)]
        for one, next_one in pairwise(states):
            steps[one, next_one] += came
        ends[states[-1]] += path.conversions
        leaves[states[-1]] += path.without
    total = steps.sum(axis=1) + ends + leaves
    known = np.where(total > 0, total, 1.0)
    steps, ends = steps / known[:, None], ends / known
    before = _arrival(steps, ends, None)
    if before <= 0:
        return dict.fromkeys(names, 0.0)
    return {name: 1 - _arrival(steps, ends, place[name]) / before for name in names}


def _arrival(steps: Any, ends: Any, removed: int | None) -> float:
    """The chance to come from the start to a conversion: x = ends + steps·x, without a state."""
    import numpy as np

    chances, last = np.array(steps), np.array(ends)
    if removed is not None:
        chances[removed, :] = 0.0
        last[removed] = 0.0
    return float(np.linalg.solve(np.eye(len(last)) - chances, last)[0])


def shared_out(model: Model, paths: Sequence[Path], direct: str = "direct") -> Credits:
    """The credits by a model that needs no times."""
    if model is Model.MARKOV:
        return markov(paths)
    if model is Model.SHAPLEY:
        return shapley(paths)
    return by_rule(model, paths, direct)
