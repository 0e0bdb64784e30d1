"""How analyses of behaviour look: what they and their fields are called, and what is drawn."""

from collections.abc import Mapping
from typing import Any, Final

from headwater.web.frame import Visit
from headwater.web.navigation import N_

TITLES: Final[Mapping[str, tuple[str, str]]] = {
    "funnel": (
        N_("Funnel"),
        N_("How many people go from step to step, how long it takes them, and where they stop."),
    ),
    "retention": (
        N_("Retention of people"),
        N_("Of those who began, how many come back after so many days, weeks or months."),
    ),
    "paths": (
        N_("Paths of people"),
        N_("What people do after an event, or before it, step by step."),
    ),
    "sessions": (
        N_("Sessions"),
        N_("How often people come, how long they stay, and how much they do."),
    ),
    "lifecycle": (
        N_("Lifecycle"),
        N_("Who of the people is new, returning, back again or gone."),
    ),
    "stickiness": (
        N_("Stickiness"),
        N_("On how many days of a week or month people are active."),
    ),
    "distribution": (
        N_("Distribution"),
        N_("How often people did something, or what values a property has."),
    ),
    "rfm": (
        N_("RFM"),
        N_("Customers by how recently, how often and for how much they bought."),
    ),
    "lifetime-value": (
        N_("Lifetime value"),
        N_("What customers have brought, and what they are expected to bring."),
    ),
}

LABELS: Final[Mapping[str, str]] = {
    "steps": N_("Steps of the funnel"),
    "order": N_("Order of steps"),
    "without": N_("Without, in between"),
    "windowHours": N_("Hours for the whole way"),
    "trait": N_("By trait"),
    "start": N_("Start event"),
    "back": N_("Return event"),
    "returning": N_("Came back"),
    "first": N_("First of"),
    "most": N_("Periods at most"),
    "active": N_("Event that makes active"),
    "members": N_("Whom to list"),
    "brackets": N_("Where brackets begin"),
    "direction": N_("Direction"),
    "depth": N_("How many steps"),
    "top": N_("Largest, beside the rest"),
    "withinHours": N_("Hours at most"),
    "gapMinutes": N_("Minutes that end a session"),
    "perPerson": N_("One value per person"),
    "bars": N_("Ranges of values"),
    "parts": N_("Scores from 1 to"),
    "aheadDays": N_("Days to look ahead"),
}

HEADINGS: Final[Mapping[str, str]] = {
    "steps": N_("Steps of the funnel"),
    "groups": N_("By trait"),
    "event": N_("Event"),
    "ofFirst.share": N_("Share of the first step"),
    "ofFirst.interval": N_("Interval of the share"),
    "ofPrevious.share": N_("Share of the step before"),
    "dropped": N_("Dropped out"),
    "secondsP10": N_("Seconds, 1 of 10"),
    "secondsMedian": N_("Seconds, median"),
    "secondsP90": N_("Seconds, 9 of 10"),
    "times": N_("Time of the whole way"),
    "seconds": N_("Seconds at most"),
    "links": N_("From event to event"),
    "nodes": N_("Events of each step"),
    "step": N_("Step"),
    "source": N_("From"),
    "target": N_("To"),
    "ended": N_("Ended here"),
    "perPerson": N_("Sessions of a person"),
    "eventsMean": N_("Events, on average"),
    "secondsMean": N_("Seconds, on average"),
    "single.count": N_("Of a single event"),
    "single.share": N_("Share of a single event"),
    "lengths": N_("How long sessions are"),
    "sessions": N_("Sessions"),
    "last": N_("Up to periods later"),
    "cohorts": N_("Cohorts"),
    "curve": N_("All cohorts together"),
    "began": N_("Began"),
    "cells": N_("Came back"),
    "offset": N_("Periods later"),
    "came.count": N_("Came back"),
    "came.n": N_("Of people"),
    "came.share": N_("Share"),
    "came.interval": N_("Interval of the share"),
    "known": N_("Known"),
    "moments": N_("Moments"),
    "new": N_("New people"),
    "returning": N_("Returning"),
    "back": N_("Back again"),
    "gone": N_("Gone"),
    "daily": N_("Active on an average day"),
    "ratio": N_("Stickiness"),
    "histogram": N_("People by active days"),
    "bars": N_("Ranges of values"),
    "quantiles": N_("Quantiles"),
    "average": N_("Average"),
    "least": N_("Least"),
    "most": N_("Most"),
    "segments": N_("Segments"),
    "people.count": N_("People"),
    "people.n": N_("Of people"),
    "people.share": N_("Share"),
    "people.interval": N_("Interval of the share"),
    "valuePerPerson": N_("Value per person"),
    "recency": N_("Recency"),
    "frequency": N_("Frequency"),
    "monetary": N_("Money"),
    "classes": N_("By repeat purchases"),
    "repeats": N_("Repeat purchases"),
    "alive": N_("Still customers"),
    "purchasesAhead": N_("Purchases ahead"),
    "valueAhead": N_("Value ahead"),
}


def plots(visit: Visit, kind: str, answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What of an answer is drawn: x, and series."""
    if kind == "funnel":
        rows = answer["steps"]
        names = [f"{at}. {each['event']}" for at, each in enumerate(rows, 1)]
        return [_plot("bar", names, {visit._("People"): [each["people"] for each in rows]})]
    if kind == "retention":
        rows = [each for each in answer["curve"] if each["known"]]
        shares = {visit._("Share"): [each["came"]["share"] for each in rows]}
        return [_plot("line", [str(each["offset"]) for each in rows], shares)]
    if kind == "paths":
        rows = answer["links"][:30]
        names = [f"{each['step']}. {each['source']} → {each['target']}" for each in rows]
        return [_plot("bar", names, {visit._("People"): [each["people"] for each in rows]})]
    if kind == "sessions":
        rows = answer["moments"]
        series = {
            visit._("Sessions"): [each["sessions"] for each in rows],
            visit._("People"): [each["people"] for each in rows],
        }
        return [_plot("line", [each["at"][:10] for each in rows], series)]
    if kind == "lifecycle":
        rows = answer["moments"]
        series = {
            visit._(HEADINGS[name]): [each[name] for each in rows]
            for name in ("new", "returning", "back", "gone")
        }
        return [_plot("bar", [each["at"][:10] for each in rows], series)]
    if kind == "stickiness":
        rows = answer["moments"]
        ratio = {visit._("Stickiness"): [each["ratio"] for each in rows]}
        return [_plot("line", [each["at"][:10] for each in rows], ratio)]
    if kind == "distribution":
        rows = answer["bars"]
        counts = {visit._("Ranges of values"): [each["count"] for each in rows]}
        return [_plot("bar", [f"{each['since']:,.4g}" for each in rows], counts)]
    if kind == "rfm":
        rows = answer["segments"]
        people = {visit._("People"): [each["people"]["count"] for each in rows]}
        return [_plot("bar", [each["name"] for each in rows], people)]
    rows = answer["classes"]
    names = ["10+" if each["repeats"] is None else str(each["repeats"]) for each in rows]
    ahead = {visit._("Purchases ahead"): [each["purchasesAhead"] for each in rows]}
    return [_plot("bar", names, ahead)]


def _plot(kind: str, x: list[str], series: Mapping[str, list[Any]]) -> dict[str, Any]:
    told = [{"name": name, "values": values} for name, values in series.items()]
    return {"kind": kind, "x": x, "series": told}
