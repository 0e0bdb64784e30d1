"""/rules: the cleaning rules in their order, as people change them."""

import re

from headwater.access.roles import Role
from headwater.cleaning import changing
from headwater.cleaning.changing import Wanted
from headwater.cleaning.kinds import KINDS
from headwater.cleaning.model import Rule, Scope, settings_of
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


def test_a_kind_is_chosen_and_its_form_shows_what_it_takes(stage: Stage) -> None:
    for name in KINDS:
        assert f"/rules/new?kind={name}" in stage.ada.get("/rules/new").text
        form = stage.ada.get(f"/rules/new?kind={name}&example=1")
        assert form.status_code == 200
        for setting in settings_of(KINDS[name]):
            assert f'name="s.{setting.name}"' in form.text


def test_a_rule_is_made_with_the_settings_that_differ_and_its_scope(stage: Stage) -> None:
    shop = stage.source()
    form = {
        "name": "Phones",
        "s.paths": ["traits.phone", "", "properties.phone"],
        "s.region": "CN",
        "s.otherwise": "keep",
        "sources": shop.id,
        "types": ["identify", "track"],
        "events": ["Signed Up", ""],
        "condition": "userId != null",
        "act": "save",
    }
    answer = stage.ada.post("/rules/new?kind=normalize_phone", data=form)
    assert answer.status_code == 303
    [made] = changing.listed(stage.changes, stage.owner)
    assert made.settings == {"paths": ["traits.phone", "properties.phone"], "region": "CN"}
    assert made.scope == Scope((shop.id,), ("identify", "track"), ("Signed Up",), "userId != null")
    page = stage.ada.get(answer.headers["location"]).text
    assert 'value="traits.phone"' in page
    assert f'value="{shop.id}" checked' in page


def test_what_is_wrong_stands_at_its_field(stage: Stage) -> None:
    def post(kind: str, **form: object) -> str:
        answer = stage.ada.post(f"/rules/new?kind={kind}", data={"name": "Rule", **form})
        assert answer.status_code in (400, 422)
        return answer.text

    paths = {"s.paths": "properties.price"}
    assert 'id="s.paths-wrong" role="alert">Please fill this in.' in post("trim")
    page = post("drop", **{"s.where": "properties.price >"})
    assert 'id="s.where-wrong"' in page
    assert "At column" in page
    assert 'id="condition-wrong"' in post("trim", condition="type >", **paths)
    assert 'id="s.least-wrong"' in post("outliers", **{"s.path": "a", "s.least": "x"})
    assert "Least or most must be given" in post("allowed_range", **paths)
    rule(stage, "Rule")
    taken = stage.ada.post("/rules/new?kind=trim", data={"name": "Rule", **paths})
    assert taken.status_code == 409
    assert "has the name" in taken.text
    assert 'value="properties.price"' in taken.text


def test_a_list_grows_without_script_and_keeps_what_was_typed(stage: Stage) -> None:
    form = {"name": "Half", "s.paths": ["properties.a"], "act": "add:s.paths"}
    page = stage.ada.post("/rules/new?kind=trim", data=form).text
    assert page.count('name="s.paths"') == 2
    assert 'value="Half"' in page


def test_a_trial_says_what_a_rule_would_do_to_a_pasted_event(stage: Stage) -> None:
    stage.source()
    event = '{"type": "track", "event": "Sold", "userId": "u", "properties": {"a": " x "}}'
    form = {"name": "Trial", "s.paths": "properties.*", "act": "try", "event": event}
    page = stage.ada.post("/rules/new?kind=trim", data=form).text
    assert "one event read" in page
    assert "<code>&#34;x&#34;</code>" in page
    assert changing.listed(stage.changes, stage.owner) == []
    broken = stage.ada.post("/rules/new?kind=trim", data=form | {"event": "{"})
    assert 'id="event-wrong"' in broken.text
    admin = stage.as_member(Role.TRACKING_PLAN_ADMIN)
    assert admin.post("/rules/new?kind=trim", data=form).status_code == 403


def test_a_rule_is_changed_and_its_page_says_what_it_touched(stage: Stage) -> None:
    held = rule(stage, "No blanks")
    form = {"name": "No blanks at all", "s.paths": "traits.*", "s.inside": "on", "act": "save"}
    assert stage.ada.post(f"/rules/{held.id}", data=form).status_code == 303
    after = changing.one(stage.changes, stage.owner, held.id)
    assert (after.name, after.settings) == (
        "No blanks at all",
        {"paths": ["traits.*"], "inside": True},
    )
    assert "Events touched in 24 hours" in stage.ada.get(f"/rules/{held.id}?period=7d").text
    reader = stage.as_member(Role.TRACKING_PLAN_READ_ONLY)
    assert '<fieldset class="bare form" disabled>' in reader.get(f"/rules/{held.id}").text


def test_every_text_of_a_kind_is_chinese_on_its_page(stage: Stage) -> None:
    stage.ada.cookies.set("headwater_language", "zh_CN")
    page = stage.ada.get("/rules/new?kind=drop_repeats").text
    assert "剔除同一用户刚刚发过的内容相同的事件。" in page
    assert "两次发生的最长间隔。" in page
