"""How a source is doing, in a word."""

from typing import Any

import msgspec
import pytest

from headwater.volumes.model import SourceVolume
from headwater.web.source_health import Health, health
from headwater.workspaces.model import Source, SourceType

SOURCE = Source("s", "w", "Shop", "shop", SourceType.SERVER, ("k",), True, 1)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, Health.NEW),
        ({"total": 9}, Health.QUIET),
        ({"total": 9, "accepted": 9}, Health.RECEIVING),
        ({"total": 9, "accepted": 9, "rejected": 9}, Health.RECEIVING),
        ({"total": 900, "accepted": 201, "rejected": 10}, Health.RECEIVING),
        ({"total": 900, "accepted": 200, "rejected": 10}, Health.REJECTING),
        ({"total": 9, "accepted": 9, "is_silent": True}, Health.SILENT),
    ],
)
def test_a_source_does_as_its_figures_say(facts: dict[str, Any], expected: Health) -> None:
    assert health(SOURCE, SourceVolume(source_id="s", **facts)) is expected


def test_a_disabled_source_is_off_whatever_it_sends() -> None:
    off = msgspec.structs.replace(SOURCE, enabled=False)
    assert health(off, SourceVolume(source_id="s", total=9, is_silent=True)) is Health.OFF


def test_without_figures_nothing_is_said() -> None:
    assert health(SOURCE, None) is Health.UNKNOWN


def test_every_state_has_a_colour() -> None:
    assert {each.tone for each in Health} == {"", "good", "warn", "bad"}
