"""The overview's verdict."""

from typing import Any

import pytest

from headwater.volumes.model import Freshness, Overview
from headwater.web.verdict import Facts, findings
from headwater.workspaces.model import Source, SourceType

RESERVE = 1_000_000_000
SOURCE = Source("s", "w", "Shop", "shop", SourceType.SERVER, ("k",), True, 1)


def overview(**facts: Any) -> Overview:
    given = {"balanced": True, "difference": 0, "disk_free_bytes": 5 * RESERVE} | facts
    return Overview(
        totals={},
        previous_accepted=0,
        hourly=[],
        rejected={},
        freshness=given.pop("freshness", Freshness()),
        sources=[],
        log_bytes=0,
        quarantined_open=given.pop("quarantined_open", 0),
        **given,
    )


def matters(found: Overview | None, **facts: Any) -> list[tuple[str, str]]:
    given = {"silent": [], "rejecting": [], "down": []} | facts
    told = findings(Facts(overview=found, disk_reserve_bytes=RESERVE, **given))
    return [(each.matter, each.tone) for each in told]


def test_nothing_is_found_when_all_is_well() -> None:
    assert matters(overview(quarantined_open=12)) == []


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({"balanced": False, "difference": -3}, [("unbalanced", "bad")]),
        ({"disk_free_bytes": RESERVE}, [("disk_full", "bad")]),
        ({"disk_free_bytes": RESERVE + 1}, [("disk_low", "warn")]),
        ({"freshness": Freshness(lag_seconds=9.0)}, []),
        ({"freshness": Freshness(lag_seconds=10.0)}, [("late", "warn")]),
        ({"freshness": Freshness(lag_seconds=90.0)}, [("late", "bad")]),
    ],
)
def test_each_figure_has_its_bound(facts: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert matters(overview(**facts)) == found


def test_sources_that_need_somebody_are_named() -> None:
    facts = Facts(overview(), [SOURCE], [SOURCE], [], RESERVE)
    told = findings(facts)
    assert [(each.matter, each.sources) for each in told] == [
        ("rejecting", (SOURCE,)),
        ("silent", (SOURCE,)),
    ]


def test_the_worst_comes_first() -> None:
    found = matters(overview(disk_free_bytes=RESERVE + 1), rejecting=[SOURCE], silent=[SOURCE])
    assert [tone for _, tone in found] == ["bad", "warn", "warn"]


def test_a_warehouse_that_does_not_answer_is_found_without_its_figures() -> None:
    assert matters(None) == [("unreachable", "bad")]


def test_a_role_that_is_down_is_found() -> None:
    assert matters(overview(), down=["pipeline"]) == [("down", "bad")]
    assert matters(None, down=["warehouse"]) == [("down", "bad"), ("unreachable", "bad")]
