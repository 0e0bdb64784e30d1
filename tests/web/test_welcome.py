"""The welcome: a source, its code, its first event, the answer; left and taken up at any time."""

from headwater.access import sources
from headwater.access.roles import Role
from headwater.debugger.model import Outcome
from headwater.workspaces.model import SourceType
from tests.web.stage import Stage
from tests.web.test_source_live import seen


def test_it_begins_with_the_kinds_of_source(stage: Stage) -> None:
    page = stage.ada.get("/welcome").text
    for kind in SourceType:
        assert f'value="{kind}"' in page


def test_a_source_is_made_and_its_code_shown(stage: Stage) -> None:
    answer = stage.ada.post("/welcome", data={"name": "Backend", "kind": "server"})
    [made] = sources.listed(stage.changes, stage.owner)
    assert answer.headers["location"] == f"/welcome?source={made.id}"
    page = stage.ada.get(answer.headers["location"]).text
    assert made.write_keys[0] in page
    assert "Waiting for the first event" in page


def test_a_name_that_cannot_be_is_refused_and_the_kind_kept(stage: Stage) -> None:
    answer = stage.ada.post("/welcome", data={"name": "", "kind": "file"})
    assert answer.status_code in (400, 422)
    assert 'value="file" checked' in answer.text


def test_it_goes_on_with_the_newest_source(stage: Stage) -> None:
    stage.source("First")
    newest = stage.source("Second", SourceType.SERVER)
    page = stage.ada.get("/welcome").text
    assert newest.write_keys[0] in page


def test_the_first_event_is_shown_with_its_question(stage: Stage) -> None:
    source = stage.source()
    stage.backends.passed = [seen(source, 1, event="It's <in>", message_id="m-'1")]
    page = stage.ada.get(f"/welcome?source={source.id}").text
    assert 'data-state="arrived"' in page
    assert "It&#39;s &lt;in&gt;" in page
    assert "FROM it_s_in" in page.replace("its_in", "it_s_in")
    assert "messageId = &#39;m-&#39;&#39;1&#39;" in page
    assert "On its way into the warehouse" in page


def test_a_first_event_that_is_set_aside_says_why(stage: Stage) -> None:
    source = stage.source()
    stage.backends.passed = [
        seen(source, 1, outcome=Outcome.QUARANTINED, reason="no_user_anon_id", normalised=None)
    ]
    page = stage.ada.get(f"/welcome?source={source.id}").text
    assert 'data-state="aside"' in page
    assert "set aside: no_user_anon_id" in page


def test_those_who_make_no_sources_are_not_offered_it(stage: Stage) -> None:
    source = stage.source()
    bob = stage.as_member(Role.SOURCE_READ_ONLY, source)
    assert bob.post("/welcome", data={"name": "X", "kind": "server"}).status_code == 403
