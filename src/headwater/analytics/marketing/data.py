"""What the reports of marketing need of the events, whatever engine holds them."""

from collections.abc import Mapping
from typing import Any, Protocol

from headwater.analytics.periods import Span


class Data(Protocol):
    """Events as tables, and the answers to expressions over them."""

    def events(
        self,
        name: str,
        texts: Mapping[str, str],
        numbers: Mapping[str, str],
        span: Span,
    ) -> Any:
        """The calls of a type (`page`, …) or the events of a name within a span: `person`, `at`,
        `id`, `received`, and a column for each alias. A column that there is none of is null."""
        ...

    def columns(self, name: str) -> frozenset[str]:
        """The columns that such events have."""
        ...

    def among(self, events: Any) -> Any:
        """Those of the people that are asked about."""
        ...

    def rows(self, expression: Any) -> list[dict[str, Any]]:
        """The answer of the engine."""
        ...
