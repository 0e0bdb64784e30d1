"""How analyses of support look: what they and their fields are called, and what is drawn."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from headwater.web.frame import Visit
from headwater.web.navigation import N_

TITLES: Final[Mapping[str, tuple[str, str]]] = {
    "support": (
        N_("Support"),
        N_("How fast tickets are answered and solved, and how many come back."),
    ),
    "service-levels": (
        N_("Service levels"),
        N_("How many tickets were answered or solved later than was promised."),
    ),
    "backlog": (
        N_("Backlog"),
        N_("How many tickets are open, day by day."),
    ),
    "bottlenecks": (
        N_("Bottlenecks"),
        N_("Where tickets wait, between which steps, and with which group."),
    ),
    "satisfaction": (
        N_("Satisfaction"),
        N_("CSAT, NPS and CES of what customers answered."),
    ),
    "bad-ratings": (
        N_("Bad ratings"),
        N_("Which properties of tickets go with bad ratings."),
    ),
}

LABELS: Final[Mapping[str, str]] = {
    "hours": N_("Business hours"),
    "targets": N_("Targets"),
    "unit": N_("Length of a step"),
    "final": N_("Final steps"),
    "good": N_("Good from"),
    "bad": N_("Bad up to"),
    "score": N_("Kind of score"),
    "properties": N_("Further properties"),
    "least": N_("Ratings at least"),
}

_OWN: Final = (("firstResponse", "n"), ("resolution", "n"), ("csat", "interval"))

HEADINGS: Final[Mapping[str, str]] = {
    "tickets": N_("Tickets"),
    "firstResponse.median": N_("First response, median (s)"),
    "firstResponse.p90": N_("First response, 90th percentile (s)"),
    "firstResponse.mean": N_("First response, mean (s)"),
    "resolution.median": N_("Resolution, median (s)"),
    "resolution.p90": N_("Resolution, 90th percentile (s)"),
    "resolution.mean": N_("Resolution, mean (s)"),
    "waits": N_("Steps where tickets wait"),
    "total": N_("Sum"),
    "share": N_("Share"),
    "firstResponse.n": N_("Tickets answered"),
    "resolution.n": N_("Tickets resolved"),
    **{
        f"{name}.{part}": title
        for name in (
            *("firstResponse", "resolution", "times"),
            *("answered", "resolved", "reopened", "complained"),
            *("response", "bad", "others", "csat"),
        )
        for part, title in (
            ("medianInterval", N_("Interval of the median")),
            ("p90Interval", N_("Interval of the percentile")),
            ("interval", N_("Interval of the share")),
            ("count", N_("How many")),
            ("n", N_("Of so many")),
        )
        if (name, part) not in _OWN
    },
    "answered.share": N_("Share answered"),
    "resolved.share": N_("Share resolved"),
    "reopened.share": N_("Share reopened"),
    "complained.share": N_("Share with a complaint"),
    "response.share": N_("Answered late"),
    "responseWaiting": N_("Waiting for an answer, in time"),
    "resolution.share": N_("Resolved late"),
    "resolutionWaiting": N_("Waiting for a solution, in time"),
    "withoutTarget": N_("Without target"),
    "since": N_("First day"),
    "created": N_("Created"),
    "solved": N_("Solved"),
    "reopened": N_("Reopened"),
    "open": N_("Open at the end"),
    "before": N_("Before"),
    "after": N_("After"),
    "handovers": N_("Handovers"),
    "transitions": N_("Transitions"),
    "stays": N_("Stays"),
    "times.median": N_("Median (s)"),
    "times.p90": N_("90th percentile (s)"),
    "times.mean": N_("Mean (s)"),
    "waiting": N_("Waiting now"),
    "csat.share": "CSAT",
    "csat.interval": N_("Interval of CSAT"),
    "nps.value": "NPS",
    "nps.interval": N_("Interval of NPS"),
    "ces.value": "CES",
    "ces.interval": N_("Interval of CES"),
    "bad.share": N_("Share of bad ratings"),
    "others.share": N_("Share among all others"),
    "adjustedPValue": N_("p-value, corrected"),
}

_MOST: Final = 20
_DRAWN: Final[Mapping[str, tuple[str, str, tuple[str, ...]]]] = {
    "support": ("rows", "key", ("firstResponse.median", "resolution.median")),
    "service-levels": ("rows", "key", ("response.share", "resolution.share")),
    "bottlenecks": ("waits", "key", ("times.median", "times.mean")),
    "satisfaction": ("rows", "key", ("csat.share",)),
    "bad-ratings": ("found", "value", ("bad.share", "others.share")),
}
"""Of each kind, the list that is drawn, what names its rows, and which of their numbers."""


def plots(visit: Visit, kind: str, answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What of an answer is drawn: x, and series."""
    if kind == "backlog":
        steps = answer["moments"]
        days = [each["since"] for each in steps]
        acts = ("created", "solved", "reopened")
        return [
            _plot(visit, "line", days, steps, ("open",)),
            _plot(visit, "bar", days, steps, acts),
        ]
    rows, named, paths = _DRAWN[kind]
    told = answer[rows][:_MOST]
    names = [str(each[named]) for each in told]
    return [_plot(visit, "bar", names, told, paths)] if told else []


def _plot(
    visit: Visit, kind: str, x: list[str], rows: Sequence[Mapping[str, Any]], paths: Sequence[str]
) -> dict[str, Any]:
    series = [
        {"name": visit._(HEADINGS[path]), "values": [_at(row, path) for row in rows]}
        for path in paths
    ]
    return {"kind": kind, "x": x, "series": series}


def _at(row: Mapping[str, Any], path: str) -> Any:
    found: Any = row
    for name in path.split("."):
        found = found[name]
    return found
