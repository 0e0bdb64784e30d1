"""The list of sources, and making one."""

import pytest

from headwater.access import labels, sources
from headwater.access.roles import Role
from headwater.kit.clock import isoformat
from headwater.volumes.model import SourceVolume
from headwater.workspaces.labels import DescribedLabel
from headwater.workspaces.model import Label, SourceType
from tests.web.stage import Stage


def test_without_a_source_the_list_says_how_to_make_one(stage: Stage) -> None:
    page = stage.ada.get("/sources").text
    assert "No source yet" in page
    assert 'href="/welcome"' in page


def test_each_source_shows_its_state_and_volume_and_leads_to_its_page(stage: Stage) -> None:
    shop, app = stage.source("Shop"), stage.source("App", SourceType.MOBILE)
    stage.backends.volume[shop.id] = SourceVolume(
        source_id=shop.id,
        accepted=1234,
        rejected=200,
        total=5000,
        last_event_at=isoformat(stage.clock.now() - 60_000_000),
    )
    page = stage.ada.get("/sources").text
    assert f'href="/sources/{shop.id}"' in page
    assert "1,234" in page
    assert "Rejecting" in page
    assert f'href="/quarantine?source={shop.id}"' in page
    assert "1 minute ago" in page
    assert f'href="/sources/{app.id}"' in page
    assert "No events yet" in page


def test_the_list_is_searched_by_name_kind_and_label(stage: Stage) -> None:
    shop, app = stage.source("Tea shop"), stage.source("App", SourceType.MOBILE)
    live = Label("stage", "live")
    labels.create(stage.changes, stage.owner, DescribedLabel(live.key, live.value))
    labels.replace_in_source(stage.changes, stage.owner, app.id, [live])

    def shown(query: str) -> list[str]:
        page = stage.ada.get(f"/sources?{query}").text
        return [each.name for each in (shop, app) if f'data-href="/sources/{each.id}"' in page]

    assert shown("") == ["Tea shop", "App"]
    assert shown("q=TEA") == ["Tea shop"]
    assert shown("kind=mobile") == ["App"]
    assert shown("label=stage:live") == ["App"]
    assert "No source is like that" in stage.ada.get("/sources?q=nothing").text


@pytest.mark.parametrize(
    ("order", "first"), [("name", "Apples"), ("volume", "Pears"), ("last", "Pears")]
)
def test_the_list_has_three_orders(stage: Stage, order: str, first: str) -> None:
    apples, pears = stage.source("Apples"), stage.source("Pears")
    stage.backends.volume[pears.id] = SourceVolume(
        source_id=pears.id, accepted=5, total=5, last_event_at=isoformat(stage.clock.now())
    )
    page = stage.ada.get(f"/sources?order={order}").text
    places = {each.name: page.index(f'data-href="/sources/{each.id}"') for each in (apples, pears)}
    assert min(places, key=lambda name: places[name]) == first


def test_without_the_warehouse_the_sources_are_listed_all_the_same(stage: Stage) -> None:
    shop = stage.source()
    stage.backends.is_away = True
    answer = stage.ada.get("/sources")
    assert answer.status_code == 200
    assert f'href="/sources/{shop.id}"' in answer.text
    assert "The warehouse does not answer" in answer.text


def test_a_source_is_made_and_its_page_opened(stage: Stage) -> None:
    answer = stage.ada.post("/sources/new", data={"name": "My shop", "kind": "server"})
    [made] = sources.listed(stage.changes, stage.owner)
    assert (made.name, made.type) == ("My shop", SourceType.SERVER)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sources/{made.id}")


def test_a_name_that_cannot_be_is_refused_beside_its_field(stage: Stage) -> None:
    answer = stage.ada.post("/sources/new", data={"name": "  ", "kind": "mobile"})
    assert answer.status_code in (400, 422)
    assert 'aria-invalid="true"' in answer.text
    assert 'value="mobile" checked' in answer.text
    assert sources.listed(stage.changes, stage.owner) == []


def test_one_sees_the_sources_that_one_may_see(stage: Stage) -> None:
    mine, other = stage.source("Mine"), stage.source("Other")
    bob = stage.as_member(Role.SOURCE_READ_ONLY, mine)
    page = bob.get("/sources").text
    assert mine.id in page
    assert other.id not in page
    assert "/sources/new" not in page
    assert bob.get("/sources/new").status_code == 403
    assert bob.post("/sources/new", data={"name": "X", "kind": "server"}).status_code == 403


def test_the_list_is_chinese_for_those_who_read_it(stage: Stage) -> None:
    stage.source()
    page = stage.ada.get("/sources", headers={"Accept-Language": "zh-CN"}).text
    assert "新建数据源" in page
    assert "尚无事件" in page


def test_the_palette_offers_each_source_that_one_may_see(stage: Stage) -> None:
    mine, other = stage.source("Mine"), stage.source("Other")
    bob = stage.as_member(Role.SOURCE_READ_ONLY, mine)
    paths = [entry.get("href") for entry in bob.get("/palette").json()]
    assert f"/sources/{mine.id}" in paths
    assert f"/sources/{mine.id}/debugger" in paths
    assert f"/sources/{other.id}" not in paths
