"""Whether definitions can be used. Pure."""

from collections import Counter
from typing import Final

from headwater.analytics.conditions import Filter
from headwater.errors import InvalidError
from headwater.semantics.model import Definitions, Metric

_WITHOUT: Final = ("is_set", "is_not_set")
_COUNTS: Final = ("count", "people")


def check(definitions: Definitions) -> None:
    """Raises InvalidError, which names the member, and what would be right."""
    names = [each.name for each in definitions.metrics]
    names += [each.name for each in definitions.dimensions]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InvalidError(
            f"{twice[0]}: this name stands twice.",
            field=twice[0],
            hint="Metrics and dimensions have names of their own.",
        )
    known = {each.name: each for each in definitions.metrics}
    for at, metric in enumerate(definitions.metrics):
        place = f"metrics[{at}]"
        if metric.ratio is None:
            _check_own(metric, place)
        else:
            _check_ratio(metric, known, place)


def _check_own(metric: Metric, place: str) -> None:
    if not metric.event:
        raise _refused(metric, f"{place}.event", "names no event", "Give `event`, or a `ratio`.")
    if metric.aggregation in _COUNTS and metric.property:
        raise _refused(
            metric,
            f"{place}.property",
            f"a {metric.aggregation} takes no property",
            "Leave `property` out, or choose sum, average, minimum, maximum or median.",
        )
    if metric.aggregation not in _COUNTS and not metric.property:
        raise _refused(
            metric, f"{place}.property", f"{metric.aggregation} of what", "Give `property`."
        )
    for at, wanted in enumerate(metric.where):
        if _lacks(wanted):
            raise _refused(
                metric,
                f"{place}.where[{at}].value",
                f"{wanted.name} is compared with no value",
                "`more` and `less` take a number, all others but is_set a value.",
            )


def _lacks(wanted: Filter) -> bool:
    if wanted.operator in _WITHOUT:
        return False
    is_number = isinstance(wanted.value, int | float) and not isinstance(wanted.value, bool)
    return wanted.value is None or (wanted.operator in ("more", "less") and not is_number)


def _check_ratio(metric: Metric, known: dict[str, Metric], place: str) -> None:
    if metric.event or metric.property or metric.where:
        raise _refused(
            metric,
            f"{place}.ratio",
            "a ratio has no event of its own",
            "Say event, property and where of the two metrics that it is made of.",
        )
    assert metric.ratio is not None
    for name in (metric.ratio.of, metric.ratio.to):
        if name not in known or known[name].ratio is not None:
            what = "is a ratio itself" if name in known else "is not there"
            raise _refused(
                metric, f"{place}.ratio", f"the metric {name} {what}", "Take one with an event."
            )


def _refused(metric: Metric, field: str, what: str, hint: str) -> InvalidError:
    return InvalidError(f"{field}: {metric.name}: {what}.", field=field, hint=hint)
