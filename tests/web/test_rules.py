"""/rules: the cleaning rules in their order, as people change them."""

import re

from headwater.access.roles import Role
from headwater.cleaning import changing
from headwater.cleaning.changing import Wanted
from headwater.cleaning.model import Rule
from tests.web.stage import Stage


def rule(stage: Stage, name: str, kind: str = "trim", **settings: object) -> Rule:
    wanted = Wanted(name=name, kind=kind, settings=settings or {"paths": ["properties.*"]})
    return changing.create(stage.changes, stage.owner, wanted)


def names(stage: Stage) -> list[str]:
    return [each.name for each in changing.listed(stage.changes, stage.owner)]


def test_rules_are_listed_in_their_order_with_whom_they_are_for(stage: Stage) -> None:
    rule(stage, "No blanks")
    rule(stage, "No robots", "drop_bots", clients=True)
    page = stage.ada.get("/rules").text
    assert page.index("No blanks") < page.index("No robots")
    assert "all events" in page
    assert re.findall(r'aria-checked="(\w+)"', page) == ["true", "true"]


def test_a_rule_moves_one_place_and_all_are_put_in_an_order(stage: Stage) -> None:
    first, second, third = (rule(stage, name) for name in ("A", "B", "C"))
    assert stage.ada.post(f"/rules/{third.id}/move", data={"to": "up"}).status_code == 303
    assert names(stage) == ["A", "C", "B"]
    stage.ada.post(f"/rules/{first.id}/move", data={"to": "up"})
    assert names(stage) == ["A", "C", "B"]
    stage.ada.post("/rules/order", data={"rule": [second.id, first.id]})
    assert names(stage) == ["B", "A", "C"]
    assert stage.ada.post("/rules/order", data={"rule": ["nothing"]}).status_code == 404


def test_a_switch_turns_a_rule_off_and_on(stage: Stage) -> None:
    held = rule(stage, "No blanks")
    stage.ada.post(f"/rules/{held.id}/switch", data={})
    assert not changing.one(stage.changes, stage.owner, held.id).enabled
    stage.ada.post(f"/rules/{held.id}/switch", data={"enabled": "on"})
    assert changing.one(stage.changes, stage.owner, held.id).enabled


def test_a_rule_is_removed(stage: Stage) -> None:
    held = rule(stage, "No blanks")
    assert stage.ada.post(f"/rules/{held.id}/remove").status_code == 303
    assert names(stage) == []
    assert "No rule yet" in stage.ada.get("/rules").text


def test_who_may_not_change_rules_only_reads_them(stage: Stage) -> None:
    held = rule(stage, "No blanks")
    rule(stage, "Another")
    reader = stage.as_member(Role.TRACKING_PLAN_READ_ONLY)
    page = reader.get("/rules").text
    assert "New rule" not in page
    assert "Move No blanks up" not in page
    for action in ("switch", "move", "remove"):
        assert reader.post(f"/rules/{held.id}/{action}").status_code == 403
    assert stage.as_member(Role.SOURCE_READ_ONLY, stage.source()).get("/rules").status_code == 403
