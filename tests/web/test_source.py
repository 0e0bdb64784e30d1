"""The page of one source: how it does, its keys, origins, labels and settings, its end."""

import pytest

from headwater.access import labels, sources
from headwater.access.roles import Role
from headwater.kit.clock import isoformat
from headwater.volumes.model import SourceVolume
from headwater.workspaces.key_use import KeyUse
from headwater.workspaces.labels import DescribedLabel
from headwater.workspaces.model import Label, SourceType
from tests.web.stage import Stage

PARTS = ("", "/debugger", "/schema", "/keys", "/imports", "/settings")


@pytest.mark.parametrize("kind", SourceType)
def test_a_new_source_shows_how_to_send_with_its_key(stage: Stage, kind: SourceType) -> None:
    source = stage.source("Shop", kind)
    page = stage.ada.get(f"/sources/{source.id}").text
    assert "Send the first event" in page
    assert source.write_keys[0] in page or f"--source {source.slug}" in page


def test_the_code_names_the_address_that_was_called(stage: Stage) -> None:
    source = stage.source("Shop", SourceType.SERVER)
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "events.example.com"}
    page = stage.ada.get(f"/sources/{source.id}", headers=forwarded).text
    assert "https://events.example.com" in page
    assert "speaks https only" not in page
    assert "speaks https only" in stage.ada.get(f"/sources/{source.id}").text


def test_a_language_is_chosen_by_the_address(stage: Stage) -> None:
    source = stage.source("Shop", SourceType.SERVER)
    page = stage.ada.get(f"/sources/{source.id}?language=go").text
    assert page.index('id="way-go"') < page.index('id="way-go" role="tabpanel"') + 1
    assert 'aria-controls="way-go" aria-selected="true"' in page
    assert 'aria-controls="way-python" aria-selected="false"' in page


@pytest.mark.parametrize(("period", "bars"), [("24h", 24), ("7d", 28), ("30d", 30)])
def test_what_it_sent_is_drawn_by_the_server(stage: Stage, period: str, bars: int) -> None:
    source = stage.source()
    stage.backends.volume[source.id] = SourceVolume(
        source_id=source.id,
        accepted=1200,
        total=9000,
        last_event_at=isoformat(stage.clock.now()),
    )
    page = stage.ada.get(f"/sources/{source.id}?period={period}").text
    assert bars <= page.count("<g data-count") <= bars + 1
    assert 'data-count="1,200"' in page
    assert "9,000 in all" in page


@pytest.mark.parametrize("part", PARTS)
def test_every_part_of_the_page_stands_without_the_warehouse(stage: Stage, part: str) -> None:
    source = stage.source()
    stage.backends.is_away = True
    assert stage.ada.get(f"/sources/{source.id}{part}").status_code == 200


@pytest.mark.parametrize("part", PARTS)
def test_another_source_is_not_found_by_those_who_may_not_see_it(stage: Stage, part: str) -> None:
    mine, other = stage.source("Mine"), stage.source("Other")
    bob = stage.as_member(Role.SOURCE_READ_ONLY, mine)
    assert bob.get(f"/sources/{mine.id}{part}").status_code == 200
    assert bob.get(f"/sources/{other.id}{part}").status_code == 404


@pytest.mark.parametrize("part", ["", "/keys"])
def test_keys_are_shown_to_those_alone_who_may_change_the_source(stage: Stage, part: str) -> None:
    source = stage.source("Shop", SourceType.SERVER)
    reader = stage.as_member(Role.SOURCE_READ_ONLY, source)
    page = reader.get(f"/sources/{source.id}{part}").text
    assert source.write_keys[0] not in page
    assert source.write_keys[0] in stage.ada.get(f"/sources/{source.id}{part}").text


def test_a_key_is_added_and_the_old_one_revoked(stage: Stage) -> None:
    source = stage.source()
    [old] = source.write_keys
    path = f"/sources/{source.id}/keys"
    assert stage.ada.post(path).status_code == 303
    new = next(key for key in stage.now(source).write_keys if key != old)
    assert new in stage.ada.get(path).text

    assert stage.ada.post(f"{path}/revoke", data={"key": old}).status_code == 303
    assert stage.now(source).write_keys == (new,)


def test_the_last_key_cannot_be_revoked(stage: Stage) -> None:
    source = stage.source()
    path = f"/sources/{source.id}/keys"
    assert "disabled" in stage.ada.get(path).text
    answer = stage.ada.post(f"{path}/revoke", data={"key": source.write_keys[0]})
    assert answer.status_code == 409
    assert "only write key" in answer.text
    assert stage.now(source).write_keys == source.write_keys


def test_a_key_in_use_is_revoked_with_a_warning(stage: Stage) -> None:
    source = sources.add_write_key(stage.changes, stage.owner, stage.source().id)
    use = KeyUse(stage.folder)
    use.note(source.write_keys[0], stage.clock.now() - 120_000_000)
    use.keep()
    page = stage.ada.get(f"/sources/{source.id}/keys").text
    assert "2 minutes ago" in page
    assert "loses those events" in page
    assert "not used since there are several" in page


def test_origins_are_kept_as_browsers_write_them(stage: Stage) -> None:
    source = stage.source()
    path = f"/sources/{source.id}/keys/origins"
    answer = stage.ada.post(
        path, data={"origins": "HTTPS://Shop.example/\r\n\r\nhttp://localhost:3000"}
    )
    assert answer.status_code == 303
    assert stage.now(source).allowed_origins == ("https://shop.example", "http://localhost:3000")
    stage.ada.post(path, data={"origins": ""})
    assert stage.now(source).allowed_origins == ()


def test_what_is_no_origin_is_refused_and_stays_written(stage: Stage) -> None:
    source = stage.source()
    answer = stage.ada.post(
        f"/sources/{source.id}/keys/origins", data={"origins": "https://a.example\nshop"}
    )
    assert answer.status_code in (400, 422)
    assert "https://a.example\nshop" in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert stage.now(source).allowed_origins == ()


def test_the_name_is_changed_and_the_source_turned_off_and_on(stage: Stage) -> None:
    source = stage.source()
    path = f"/sources/{source.id}/settings"
    stage.ada.post(path, data={"name": "Tea shop"})
    off = stage.now(source)
    assert (off.name, off.enabled, off.slug) == ("Tea shop", False, source.slug)
    assert "This source is off" in stage.ada.get(f"/sources/{source.id}").text
    stage.ada.post(path, data={"name": "Tea shop", "enabled": "on"})
    assert stage.now(source).enabled


def test_labels_are_put_on_and_taken_off(stage: Stage) -> None:
    source = stage.source()
    live = Label("stage", "live")
    labels.create(stage.changes, stage.owner, DescribedLabel(live.key, live.value))
    path = f"/sources/{source.id}/labels"
    stage.ada.post(path, data={"labels": ["stage:live"]})
    assert stage.now(source).labels == (live,)
    assert "stage: live" in stage.ada.get(f"/sources/{source.id}").text
    stage.ada.post(path, data={})
    assert stage.now(source).labels == ()


def test_deleting_says_what_it_touches_and_asks_for_the_name(stage: Stage) -> None:
    source = sources.add_write_key(stage.changes, stage.owner, stage.source("Tea & Co").id)
    stage.backends.volume[source.id] = SourceVolume(source_id=source.id, accepted=7, total=4321)
    page = stage.ada.get(f"/sources/{source.id}/settings").text
    for said in ("2 write keys are refused", "7 events came in", "4,321 events", source.slug):
        assert said in page

    answer = stage.ada.post(f"/sources/{source.id}/delete", data={"typed": "Tea"})
    assert answer.status_code == 400
    assert stage.now(source).id == source.id

    answer = stage.ada.post(f"/sources/{source.id}/delete", data={"typed": "Tea & Co"})
    assert answer.headers["location"] == "/sources"
    assert sources.listed(stage.changes, stage.owner) == []


@pytest.mark.parametrize(
    "path", ["keys", "keys/revoke", "keys/origins", "settings", "labels", "delete"]
)
def test_those_who_may_only_look_change_nothing(stage: Stage, path: str) -> None:
    source = stage.source()
    reader = stage.as_member(Role.SOURCE_READ_ONLY, source)
    form = {"key": source.write_keys[0], "name": "X", "typed": source.name}
    assert reader.post(f"/sources/{source.id}/{path}", data=form).status_code == 403
    assert stage.now(source) == source


def test_a_form_of_another_site_changes_nothing(stage: Stage) -> None:
    source = stage.source()
    answer = stage.ada.post(
        f"/sources/{source.id}/delete",
        data={"typed": source.name},
        headers={"Sec-Fetch-Site": "cross-site", "Authorization": ""},
    )
    assert answer.status_code in (303, 403)
    assert stage.now(source) == source
