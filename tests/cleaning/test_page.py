"""The reference of the kinds is the one that they make, and every kind can be used as it shows."""

import re
from pathlib import Path

import pytest

from headwater.cleaning import page
from headwater.cleaning.kinds import KINDS
from headwater.cleaning.model import Phase, settings_of
from headwater.cleaning.samples import shown
from headwater.cleaning.stages import decider
from headwater.pipeline.program import Memory
from tests.cleaning.conftest import rule

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_the_kinds_is_made_anew_by_make_docs():
    assert (DOCS / "cleaning-kinds.md").read_text("utf-8") == page.markdown()


def test_each_kind_has_a_file_of_its_name():
    for name, kind in KINDS.items():
        folder = "kinds" if kind.phase is Phase.CLEAN else "enrichment"
        assert kind.compiled.__module__ == f"headwater.cleaning.{folder}.{name}"


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_kind_says_what_it_does_and_shows_settings_that_work(kind):
    assert re.match(r"[A-Z].{20,}", kind.summary)
    decider(rule(kind.name, dict(kind.example)), Memory())
    for setting in settings_of(kind):
        assert setting.about, setting.name


@pytest.mark.parametrize("name", [name for name in KINDS if name != "locate_ip"])
def test_a_kind_shows_an_event_that_it_does_something_to(name):
    sample = shown(name)
    assert sample is not None
    assert sample.differences or sample.is_dropped or sample.why
