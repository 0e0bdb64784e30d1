"""docs/pipeline.md names every step and every reason."""

import re
from pathlib import Path

import pytest

from headwater.pipeline.steps import STEPS
from headwater.spec.reasons import Reason

PAGE = Path(__file__).parents[2] / "docs" / "pipeline.md"


def table(name: str) -> dict[str, str]:
    """The rows of the page's table between its marks: first column to second."""
    page = PAGE.read_text("utf-8")
    part = page.partition(f"<!-- {name} -->")[2].partition(f"<!-- /{name} -->")[0]
    return dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", part, re.MULTILINE))


def test_the_page_has_every_reason_in_order():
    assert list(table("reasons")) == [reason.value for reason in Reason]


def test_the_page_has_every_step_in_order():
    assert list(table("steps")) == [name for name, _ in STEPS]


@pytest.mark.parametrize(("name", "step"), STEPS)
def test_the_page_says_of_a_step_what_the_step_says(name, step):
    assert table("steps")[name] == (step.__doc__ or "").split("\n")[0]


@pytest.mark.parametrize("reason", [r for r in Reason if r is not Reason.LOAD_FAILED])
def test_every_reason_of_the_pipeline_has_a_test(reason):
    tests = "".join(path.read_text("utf-8") for path in Path(__file__).parent.rglob("test_*.py"))
    suffix = reason.value.removeprefix("name").removeprefix("category")
    assert f'"{reason.value}"' in tests or f"{{member}}{suffix}" in tests
