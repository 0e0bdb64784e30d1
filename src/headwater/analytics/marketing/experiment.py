"""An experiment read out of events: who saw which variant, and who converted after."""

from collections.abc import Mapping

import msgspec

from headwater.analytics.lazily import ibis
from headwater.analytics.marketing import exposures
from headwater.analytics.marketing.data import Data
from headwater.analytics.marketing.reading import conversions
from headwater.analytics.marketing.trials import Counted, Reading, read
from headwater.analytics.periods import Span
from headwater.statistics.experiments import EXPECTED
from headwater.statistics.model import LEVEL


class Wanted(msgspec.Struct, frozen=True):
    """What is asked: of the people who saw the experiment within the span, who converted at most
    `days` after their first sight of it."""

    experiment: str
    span: Span
    conversion: str
    value: str = ""
    days: int = 30
    event: str = "Experiment Viewed"
    names: str = "experiment_name"
    variants: str = "variation_name"
    control: str = ""
    weights: Mapping[str, float] = {}
    expected: float = EXPECTED
    level: float = LEVEL


class Report(msgspec.Struct, frozen=True, rename="camel"):
    """What the variants did; who saw several is in none of them."""

    reading: Reading
    saw_several: int


def report(data: Data, wanted: Wanted) -> Report:
    """Ask the engine, and read."""
    told = data.events(
        wanted.event, {"experiment": wanted.names, "variant": wanted.variants}, {}, wanted.span
    )
    told = data.among(told)
    seen = told.filter((told.experiment == wanted.experiment) & told.variant.notnull())
    firsts = exposures.first_seen(seen.select("person", "at", "id", "variant"))
    alone = firsts.filter(firsts.variants == 1).select("person", "at", "variant")
    acts = conversions(data, wanted.conversion, wanted.value, wanted.span)
    counted = {
        each["variant"]: Counted(each["n"], each["converted"], float(each["value"] or 0))
        for each in data.rows(exposures.outcomes(alone, acts, wanted.days))
    }
    several = firsts.filter(firsts.variants > ibis.literal(1))
    crossed = data.rows(several.agg(people=several.count()))[0]["people"]
    reading = read(counted, wanted.control, wanted.weights, wanted.expected, wanted.level)
    return Report(reading, crossed)
