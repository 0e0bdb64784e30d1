"""What is merged, as CSV."""

import csv
import io
from collections.abc import Sequence

import msgspec

from headwater.kit.clock import isoformat
from headwater.syncing.reading import Decided

_COLUMNS = ("id", "trait", "source", "value", "said_at", "state", "decided_by")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def conflicts_csv(decided: Sequence[Decided]) -> str:
    """A line for each value that a source says."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for each in decided:
        for said in each.decision.candidates:
            row = (each.id, each.trait, said.source, said.value, isoformat(said.at), said.state)
            by = each.decision.decided_by if said.source == each.decision.source else ""
            writer.writerow([*map(_cell, row), by])
    return text.getvalue()


def _cell(value: object) -> str:
    """A value that no spreadsheet takes for a formula."""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text
