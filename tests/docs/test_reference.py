"""The reference pages are what the program says of itself."""

from pathlib import Path

import pytest

from headwater.cli import commands, settings

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    ("page", "reference"),
    [("settings.md", settings.reference), ("cli.md", commands.reference)],
)
def test_a_reference_page_is_current(page: str, reference: object) -> None:
    assert callable(reference)
    assert (DOCS / page).read_text("utf-8") == reference(), "run `make docs`"
