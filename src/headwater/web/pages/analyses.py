"""/analyses: the kinds of analysis, and asking one. The request is in the address."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import anyio.from_thread
import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.analytics.asking import WarehouseEngine
from headwater.analytics.events import Events
from headwater.analytics.kinds import KINDS
from headwater.analytics.model import Analysis
from headwater.errors import HeadwaterError, NotFoundError
from headwater.kit.clock import to_datetime
from headwater.web import behaviour_looks, support_looks
from headwater.web.analysis_form import fields_of, figures_of, heading, request_of, tables_of
from headwater.web.frame import Page, Visit
from headwater.web.navigation import ASK, N_

_TITLES: Final[Mapping[str, tuple[str, str]]] = {
    **behaviour_looks.TITLES,
    **support_looks.TITLES,
    "probability": (
        N_("Probability"),
        N_("How often two conditions hold of the same people, and what one says of the other."),
    ),
    "time-series": (
        N_("Time series"),
        N_("An event's numbers smoothed, taken apart, forecast, and what stands out in them."),
    ),
    "correlation": (
        N_("Correlation"),
        N_("Which traits and sums of people go together."),
    ),
    "campaigns": (
        N_("Campaigns"),
        N_("How people came, what they then did, and what it cost."),
    ),
    "attribution": (
        N_("Attribution"),
        N_("Who gets the credit for conversions, by eight models side by side."),
    ),
    "experiment": (
        N_("Experiment"),
        N_("Which variant converts better, and whether that may be chance."),
    ),
    "best-times": (
        N_("Best times"),
        N_("By weekday and hour when people act, and so when to write to them."),
    ),
}


async def index(visit: Visit) -> Response:
    return visit.render(
        "analyses/list.html",
        kinds=[(f"/analyses/{each.name}", *_told(visit, each)) for each in KINDS.values()],
    )


def _told(visit: Visit, kind: Analysis) -> tuple[str, str]:
    title, summary = _TITLES.get(kind.name, (kind.title, kind.summary))
    return visit._(title), visit._(summary)


async def show(visit: Visit) -> Response:
    """The form; and the answer, as soon as anything is asked."""
    kind = KINDS.get(visit.path("kind"))
    if kind is None:
        raise NotFoundError(f"There is no analysis {visit.path('kind')[:100]!r}.")
    given = dict(visit.request.query_params)
    title, summary = _told(visit, kind)
    values: dict[str, Any] = {"title": title, "summary": summary, "fields": fields_of(kind, given)}
    values |= {"heading": partial(heading, visit), "problem_": None}
    if not given:
        return visit.render("analyses/kind.html", **values)
    try:
        answer, charts = await _asked(visit, kind, request_of(kind, given))
    except HeadwaterError as error:
        return visit.render(
            "analyses/kind.html", error.status, **values | {"problem_": visit.problem(error)}
        )
    return visit.render(
        "analyses/kind.html",
        figures=figures_of(answer),
        tables=tables_of(answer),
        plots=charts,
        **values,
    )


async def _asked(visit: Visit, kind: Analysis, request: Any) -> tuple[dict[str, Any], Any]:
    engine = WarehouseEngine(
        visit.context.warehouse, visit.principal.workspace_id, anyio.from_thread.run
    )
    data = Events(engine, to_datetime(visit.context.clock.now()), request.people)
    visit.context.changes.record_read(
        visit.principal, "Analysis", f"{kind.name} {msgspec.json.encode(request).decode()}"
    )
    found = await run_in_threadpool(partial(kind.ask, request, data))
    answer: dict[str, Any] = msgspec.to_builtins(found)
    charts = _plots(visit, kind.name, answer)
    if kind.name == "time-series":
        moments = zip(answer["at"], answer["found"]["points"], strict=True)
        answer["found"]["points"] = [{"at": at, **point} for at, point in moments]
    return answer, charts


def _plots(visit: Visit, kind: str, answer: dict[str, Any]) -> list[dict[str, Any]]:
    """What of an answer is drawn: x, and series."""
    if kind in behaviour_looks.TITLES:
        return behaviour_looks.plots(visit, kind, answer)
    if kind in support_looks.TITLES:
        return support_looks.plots(visit, kind, answer)
    if kind == "campaigns":
        rows = answer["rows"][:20]
        names = [("visits", visit._("Visits")), ("conversions", visit._("Conversions"))]
        series = [{"name": name, "values": [row[key] for row in rows]} for key, name in names]
        return [_plot("bar", [row["key"] for row in rows], series)] if rows else []
    if kind == "attribution":
        rows = answer["channels"][:20]
        models = [each["model"] for each in rows[0]["credits"]] if rows else []
        series = [
            {"name": model, "values": [row["credits"][at]["conversions"] for row in rows]}
            for at, model in enumerate(models)
        ]
        return [_plot("bar", [row["key"] for row in rows], series)] if rows else []
    if kind == "best-times":
        hours = answer["hours"]
        series = [{"name": visit._("Events"), "values": [each["events"] for each in hours]}]
        return [_plot("bar", [f"{each['hour']}:00" for each in hours], series)]
    return [_series(visit, answer)] if kind == "time-series" and answer["at"] else []


def _series(visit: Visit, answer: dict[str, Any]) -> dict[str, Any]:
    points, ahead = answer["found"]["points"], answer["found"]["forecast"]
    none_yet, none_more = [None] * len(points), [None] * len(answer["ahead"])
    series = [
        {"name": visit._(name), "values": [each[key] for each in points] + none_more}
        for key, name in (
            ("value", N_("Value")),
            ("average", N_("Moving average")),
            ("expected", N_("Expected")),
        )
    ]
    if ahead and ahead["values"]:
        for key, name in (
            ("values", N_("Forecast")),
            ("low", N_("At least")),
            ("high", N_("At most")),
        ):
            series.append({"name": visit._(name), "values": none_yet + ahead[key]})
    moments = [each.replace("T", " ").removesuffix(":00") for each in answer["at"]]
    later = [each.replace("T", " ").removesuffix(":00") for each in answer["ahead"]]
    return _plot("line", [*moments, *later], series)


def _plot(kind: str, x: list[str], series: list[dict[str, Any]]) -> dict[str, Any]:
    return {"kind": kind, "x": x, "series": series}


PAGES = (
    Page("GET", "/analyses", ASK, index),
    Page("GET", "/analyses/{kind}", ASK, show),
)
