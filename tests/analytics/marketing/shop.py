"""A small shop's marketing, whose figures can be worked out by hand; and its events as `Data`."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import ibis
import pyarrow as pa

from headwater.analytics.periods import Span

START = datetime(2026, 11, 2)  # noqa: DTZ001 - a Monday
SPAN = Span(START, START + timedelta(days=14))
_TEXT, _TIME, _NUMBER = pa.string(), pa.timestamp("us"), pa.float64()
_IBIS = {_TEXT: "string", _TIME: "timestamp(6)", _NUMBER: "float64"}
_STANDARD = {"id": _TEXT, "person": _TEXT, "at": _TIME, "received": _TIME}

TABLES: dict[str, dict[str, pa.DataType]] = {
    "page": {
        **_STANDARD,
        **dict.fromkeys(
            (
                "context_campaign_source",
                "context_campaign_medium",
                "context_campaign_name",
                "context_campaign_gclid",
                "context_page_path",
                "context_timezone",
            ),
            _TEXT,
        ),
    },
    "Order Completed": {**_STANDARD, "revenue": _NUMBER, "context_timezone": _TEXT},
    "Campaign Spend": {
        **_STANDARD,
        "campaign": _TEXT,
        "channel": _TEXT,
        "currency": _TEXT,
        "cost": _NUMBER,
        "impressions": _NUMBER,
        "clicks": _NUMBER,
    },
    "Experiment Viewed": {**_STANDARD, "experiment_name": _TEXT, "variation_name": _TEXT},
}

_SPRING = {"context_campaign_source": "google", "context_campaign_name": "spring"}
_SPRING |= {"context_campaign_gclid": "x", "context_page_path": "/spring"}
_JULY = {"context_campaign_source": "news", "context_campaign_medium": "email"}
_JULY |= {"context_campaign_name": "july"}

EVENTS: list[tuple[str, str, float, dict[str, Any]]] = [
    # Ada: an advertisement, then the newsletter, then she buys twice.
    ("page", "ada", 10, _SPRING),
    ("page", "ada", 34, _JULY),
    ("Order Completed", "ada", 35, {"revenue": 60.0, "context_timezone": "Asia/Shanghai"}),
    ("Order Completed", "ada", 36, {"revenue": 40.0, "context_timezone": "Asia/Shanghai"}),
    # Li: comes by herself, and buys.
    ("page", "li", 20, {"context_page_path": "/"}),
    ("page", "li", 20.2, {"context_page_path": "/mug"}),
    ("Order Completed", "li", 20.4, {"revenue": 30.0}),
    # Bo: an advertisement before the span, and buys within it.
    ("page", "bo", -30, _SPRING),
    ("Order Completed", "bo", 3, {"revenue": 10.0}),
    # Cy: an advertisement, and nothing more. Di: buys and never came.
    ("page", "cy", 50, _SPRING),
    ("Order Completed", "di", 60, {"revenue": 5.0}),
    ("Campaign Spend", "campaign-spend", 0, {"campaign": "Spring", "channel": "paid"}
     | {"currency": "EUR", "cost": 30.0, "impressions": 500.0, "clicks": 20.0}),
    ("Campaign Spend", "campaign-spend", 0, {"campaign": "Spring", "channel": "paid"}
     | {"currency": "EUR", "cost": 25.0, "impressions": 500.0, "clicks": 20.0}),
    *[("Experiment Viewed", who, 1, {"experiment_name": "Button", "variation_name": variant})
      for who, variant in [("ada", "blue"), ("li", "control"), ("bo", "blue"), ("cy", "control")]],
    ("Experiment Viewed", "cy", 2, {"experiment_name": "Button", "variation_name": "blue"}),
    ("Experiment Viewed", "li", 2, {"experiment_name": "Other", "variation_name": "blue"}),
]  # fmt: skip


def tables() -> dict[str, pa.Table]:
    """The rows by what the events are called."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    for at, (name, who, hours, said) in enumerate(EVENTS):
        standard = {"id": f"{at:03}", "person": who, "at": START + timedelta(hours=hours)}
        found[name].append({**standard, "received": START + timedelta(days=20, hours=at), **said})
    return {
        name: pa.Table.from_pylist(rows, pa.schema(list(TABLES[name].items())))
        for name, rows in found.items()
    }


class Shop:
    """The events as the reports ask for them."""

    def __init__(self, ask: Callable[[Any], list[tuple[Any, ...]]]) -> None:
        self._ask = ask

    def events(
        self, name: str, texts: Mapping[str, str], numbers: Mapping[str, str], span: Span
    ) -> Any:
        kinds = TABLES.get(name, _STANDARD)
        table = ibis.table({column: _IBIS[kind] for column, kind in kinds.items()}, name=name)
        told = {alias: _column(table, column, "string") for alias, column in texts.items()}
        told |= {alias: _column(table, column, "float64") for alias, column in numbers.items()}
        within = table.filter(table["at"] >= span.since, table["at"] < span.until)
        standard = [each for each in _STANDARD if each not in told]
        return within.select(*standard, **told)

    def columns(self, name: str) -> frozenset[str]:
        return frozenset(TABLES.get(name, ()))

    def among(self, events: Any) -> Any:
        return events

    def rows(self, expression: Any) -> list[dict[str, Any]]:
        names = expression.as_table().columns
        return [dict(zip(names, row, strict=True)) for row in self._ask(expression)]


def _column(table: Any, name: str, kind: str) -> Any:
    return table[name].cast(kind) if name in table.columns else ibis.null(kind)
