"""Who gets the credit for conversions, by each model side by side."""

from collections.abc import Sequence
from typing import Final

import msgspec

from headwater.analytics.marketing import crediting
from headwater.analytics.marketing.data import Data
from headwater.analytics.marketing.figures import Channel, channels, credits_of
from headwater.analytics.marketing.reading import Touch, conversions, costs, earlier, touches
from headwater.analytics.marketing.visits import DIRECT
from headwater.analytics.periods import Span
from headwater.statistics.attribution import Credit, Credits, Model, Path

MOST_CHANNELS: Final = 100
_MOST_PATHS: Final = 20


class Wanted(msgspec.Struct, frozen=True):
    """What is asked: touches at most `days` before a conversion count."""

    touch: Touch
    span: Span
    conversion: str
    value: str = ""
    days: int = 30
    half_life: float = 7.0
    models: tuple[Model, ...] = tuple(Model)
    currency: str = ""


class Report(msgspec.Struct, frozen=True, rename="camel"):
    """The channels with their credits, and the paths that most conversions came by."""

    n: int
    """Conversions with a touch before them."""
    value: float
    without_touch: int
    people_who_left: int
    """People with touches who never converted."""
    channels: list[Channel]
    paths: list[Path]
    currency: str
    left_out: tuple[str, ...]


def report(data: Data, wanted: Wanted) -> Report:
    """Ask the engine for the distinct paths, and share the conversions out."""
    before = touches(data, wanted.touch, earlier(wanted.span, wanted.days))
    acts = conversions(data, wanted.conversion, wanted.value, wanted.span)
    reached = crediting.reached(before, acts, wanted.days)
    within = touches(data, wanted.touch, wanted.span)
    paths = crediting.paths_of(
        [
            (each["path"], float(each["conversions"]), float(each["value"] or 0))
            for each in data.rows(crediting.converting(reached))
        ],
        [
            (each["path"], float(each["people"]))
            for each in data.rows(crediting.leaving(within, acts))
        ],
        MOST_CHANNELS,
    )
    by_time: Credits = {}
    if Model.TIME_DECAY in wanted.models:
        by_time = _by_time(data.rows(crediting.decayed(reached, wanted.half_life)), paths)
    spent = costs(data, wanted.touch, wanted.span, wanted.currency)
    given = credits_of(wanted.models, paths, by_time, DIRECT)
    done = int(sum(path.conversions for path in paths))
    return Report(
        done,
        sum(path.value for path in paths),
        data.rows(acts.agg(times=acts.count()))[0]["times"] - done,
        int(sum(path.without for path in paths)),
        channels(given, paths, spent),
        _most(paths),
        spent.currency,
        spent.left_out,
    )


def _by_time(found: Sequence[dict[str, object]], paths: Sequence[Path]) -> Credits:
    """The engine's credits, of rare channels together as in the paths."""
    known = {channel for path in paths for channel in path.channels}
    told: Credits = {}
    for each in found:
        key = str(each["key"]) if each["key"] in known else crediting.OTHER
        held = told.get(key, Credit(0.0, 0.0))
        told[key] = Credit(
            held.conversions + float(str(each["conversions"] or 0)),
            held.value + float(str(each["value"] or 0)),
        )
    return told


def _most(paths: Sequence[Path]) -> list[Path]:
    ranked = sorted(paths, key=lambda path: (-path.conversions, path.channels))
    return [path for path in ranked[:_MOST_PATHS] if path.conversions]
