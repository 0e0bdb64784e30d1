"""/transformations: what changes the events of a source, as people make and change it."""

import re

import msgspec

from headwater.access.roles import Role
from headwater.plans import changing as plans
from headwater.transformations import changing
from headwater.transformations.changing import Wanted
from headwater.transformations.kinds import KINDS
from headwater.transformations.model import (
    Definition,
    FqlDefinedProperty,
    HashProperties,
    Operation,
    PropertyRename,
    PropertyValueTransformation,
    Transformation,
)
from headwater.transformations.opening import secrets_of
from tests.web.stage import Stage

EVERYTHING = Definition(
    condition='type = "track"',
    property_renames=(PropertyRename("sku_id", "sku"),),
    property_value_transformations=(PropertyValueTransformation(("a", "b"), "x"),),
    fql_defined_properties=(FqlDefinedProperty("lowercase(event)", "low"),),
    operations=(Operation("cast", {"paths": ["price"], "to": "number"}),),
    hash_properties=HashProperties("SHA512", ("traits.email",), encoding="BASE64"),
    allow_properties=("sku", "price"),
    new_event_name="Bought",
)


def made(stage: Stage, definition: Definition = EVERYTHING, key: str = "pepper") -> Transformation:
    wanted = Wanted("Old app", stage.source().id, True, msgspec.structs.asdict(definition), key)
    return changing.create(stage.changes, stage.owner, stage.context.vault, wanted)


def form_in(page: str) -> dict[str, list[str]]:
    """What the browser would send of the form of a page as it stands."""
    form = page[page.index('<form class="form"') :]
    form = form[: form.index("</form>")]
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = (re.search(rf' {each}="([^"]*)"', tag) for each in ("name", "value"))
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            found.setdefault(name[1], []).append(_text(value[1] if value else ""))
    for name, options in re.findall(r'<select [^>]*name="([^"]+)".*?>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = [_text(chosen[1])] if chosen else [re.findall(r'value="([^"]*)"', options)[0]]
    return found


def _text(value: str) -> str:
    return value.replace("&#34;", '"').replace("&gt;", ">").replace("&amp;", "&")


def test_the_form_says_all_that_a_transformation_does_and_saving_it_changes_nothing(
    stage: Stage,
) -> None:
    held = made(stage)
    page = stage.ada.get(f"/transformations/{held.id}").text
    assert "pepper" not in page
    form = form_in(page) | {"act": ["save"]}
    answer = stage.ada.post(f"/transformations/{held.id}", data=form)
    assert answer.status_code == 303
    after = changing.one(stage.changes, stage.owner, held.id)
    assert after == held
    assert secrets_of(after, stage.context.vault).key == "pepper"


def test_every_operation_has_a_block_that_is_added_moved_and_taken_away(stage: Stage) -> None:
    source = stage.source()
    form: dict[str, list[str]] = {"name": ["All"], "source": [source.id]}
    for kind in KINDS:
        page = stage.ada.post(
            "/transformations/new", data=form | {"new_op": [kind], "act": ["op:add"]}
        ).text
        form = form_in(page) | {"name": ["All"]}
    assert form["op"] == list(KINDS)
    page = stage.ada.post("/transformations/new", data=form | {"act": ["op:up:1"]}).text
    assert form_in(page)["op"][:2] == ["copy", "rename"]
    page = stage.ada.post("/transformations/new", data=form | {"act": ["op:away:0"]}).text
    assert form_in(page)["op"] == list(KINDS)[1:]
    for index, kind in enumerate(KINDS.values()):
        for name, value in kind.example.items():
            given = value if isinstance(value, list) else [str(value).replace("True", "on")]
            form[f"op.{index}.{name}"] = given
    answer = stage.ada.post("/transformations/new", data=form | {"act": ["save"]})
    assert answer.status_code == 303, re.findall(r'role="alert">[^<]*', answer.text)
    [kept] = changing.listed(stage.changes, stage.owner)
    assert [each.kind for each in kept.definition.operations] == list(KINDS)
    assert [each.settings for each in kept.definition.operations] == [
        kind.example for kind in KINDS.values()
    ]


def test_what_is_wrong_stands_at_its_field(stage: Stage) -> None:
    source = stage.source()

    def post(**form: object) -> str:
        sent = {"name": "T", "source": source.id, **form}
        answer = stage.ada.post("/transformations/new", data=sent)
        assert answer.status_code in (400, 422)
        return answer.text

    assert 'id="renames-wrong"' in post(**{"renames.old": "a", "renames.new": ""})
    assert 'id="values-wrong"' in post(**{"values.paths": "", "values.value": "x"})
    assert 'id="computed-wrong"' in post(**{"computed.name": "a", "computed.fql": "type >"})
    assert 'id="condition-wrong"' in post(condition="type >")
    assert 'id="op.0.paths-wrong"' in post(op="drop")
    assert 'id="name-wrong"' in post(name="")
    long = post(**{"renames.old": "a" * 600, "renames.new": "b"})
    assert "Expected `str` of length &lt;= 500" in long
    assert changing.listed(stage.changes, stage.owner) == []


def test_a_trial_shows_what_it_does_to_a_pasted_event(stage: Stage) -> None:
    source = stage.source()
    form = {
        "name": "T",
        "source": source.id,
        "renames.old": "sku_id",
        "renames.new": "sku",
        "act": "try",
        "event": '{"type": "track", "event": "E", "userId": "u", "properties": {"sku_id": 7}}',
    }
    page = stage.ada.post("/transformations/new", data=form).text
    assert "one event read" in page
    assert "properties.sku" in page
    admin = stage.as_member(Role.TRACKING_PLAN_ADMIN)
    assert admin.post("/transformations/new", data=form).status_code == 403


def test_they_are_listed_by_source_switched_and_removed(stage: Stage) -> None:
    held = made(stage)
    page = stage.ada.get("/transformations").text
    assert "sku_id → sku" in page
    assert "Cast to a type" in page
    stage.ada.post(f"/transformations/{held.id}/switch", data={})
    assert not changing.one(stage.changes, stage.owner, held.id).enabled
    reader = stage.as_member(Role.TRACKING_PLAN_READ_ONLY)
    assert reader.post(f"/transformations/{held.id}/remove").status_code == 403
    stage.ada.post(f"/transformations/{held.id}/remove")
    assert "No transformation yet" in stage.ada.get("/transformations").text


def test_the_steps_of_a_source_are_those_that_are_for_it(stage: Stage) -> None:
    held = made(stage)
    other = stage.source("Elsewhere")
    plan = plans.create(stage.changes, stage.owner, "Shop plan")
    plans.connect(stage.changes, stage.owner, plan.id, held.source_id)
    for path, is_there in (
        ("/govern", True),
        (f"/govern?source={other.id}", False),
        (f"/sources/{held.source_id}/steps", True),
        (f"/sources/{other.id}/steps", False),
    ):
        page = stage.ada.get(path).text
        assert (f'href="/transformations/{held.id}"' in page) is is_there
        assert (f'href="/plans/{plan.id}"' in page) is is_there
        assert page.index("Clean") < page.index("Hold to the plan") < page.index("Run functions")
