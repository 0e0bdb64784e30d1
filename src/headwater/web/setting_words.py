"""The words of settings, which the features declare in English: choices, and what is translated."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from headwater.cleaning.kinds import KINDS
from headwater.cleaning.model import Kind
from headwater.transformations.kinds import KINDS as OPERATIONS
from headwater.web.navigation import N_
from headwater.web.settings_form import controls

WORDS: Final = {
    "drop": N_("leave the event out"),
    "flag": N_("flag the event and let it pass"),
    "quarantine": N_("keep the event aside"),
    "clamp": N_("put the nearest allowed number there"),
    "null": N_("make it null"),
    "remove": N_("remove the member"),
    "replace": N_("put another value there"),
    "keep": N_("keep it as it is"),
    "lower": N_("lower case"),
    "upper": N_("UPPER CASE"),
    "title": N_("Capitals At The Start"),
    "fold": N_("case-folded"),
    "camel": "camelCase",
    "kebab": "kebab-case",
    "snake": "snake_case",
    "string": N_("text"),
    "number": N_("number"),
    "integer": N_("whole number"),
    "boolean": N_("true or false"),
    "dmy": N_("the day"),
    "mdy": N_("the month"),
    "alpha2": N_("two letters: DE"),
    "alpha3": N_("three letters: DEU"),
    "iqr": N_("quartiles"),
    "zscore": N_("standard deviations"),
    "properties": N_("properties or traits"),
    "context": N_("context"),
    "csv": "CSV",
    "xml": "XML",
    "json": "JSON",
    "query": N_("query string"),
}
"""What the choices of settings are called."""


Block = Sequence[Sequence[str]]
"""A paragraph, which is one row of one cell, or the rows of a table."""


def blocks(kind: Kind) -> list[Block]:
    """What a kind does, paragraph by paragraph."""
    return [_block(text) for text in kind.about.strip().split("\n\n")]


def _block(text: str) -> Block:
    if not text.startswith("|"):
        return [[text.replace("\n", " ")]]
    rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in text.split("\n")]
    return [row for row in rows[1:] if not row[0].startswith("---")]


def declared() -> Iterator[tuple[str, str]]:
    """What the features say of their kinds and settings, each with where it is from."""
    for rule in KINDS.values():
        where = f"cleaning/kinds/{rule.name}.py"
        for block in blocks(rule):
            yield from ((where, cell) for row in block for cell in row if cell)
        yield from _settings(where, rule.settings)
    for operation in OPERATIONS.values():
        where = "transformations/kinds"
        yield where, operation.about
        yield from _settings(where, operation.settings)


def _settings(where: str, kind: type[msgspec.Struct]) -> Iterator[tuple[str, str]]:
    for control in controls(kind, {}):
        yield where, control.label
        if control.about:
            yield where, control.about
