"""The overview: one verdict, and figures that lead to their pages."""

from headwater.access.roles import Role
from headwater.kit.clock import isoformat
from headwater.volumes.model import Freshness, SourceVolume
from tests.web.stage import Stage


def busy(stage: Stage, **more: object) -> str:
    source = stage.source()
    stage.backends.volume[source.id] = SourceVolume(
        source_id=source.id, accepted=1200, loaded=1190, duplicates=10, total=9000, **more
    )
    return source.id


def test_without_a_source_one_is_welcomed(stage: Stage) -> None:
    assert stage.ada.get("/").headers["location"] == "/welcome"


def test_until_the_first_event_one_is_welcomed_unless_one_skipped_it(stage: Stage) -> None:
    stage.source()
    assert stage.ada.get("/").headers["location"] == "/welcome"
    skipped = stage.ada.post("/welcome/skip")
    assert skipped.headers["location"] == "/"
    assert stage.ada.get("/").status_code == 200


def test_those_who_make_no_sources_are_not_welcomed(stage: Stage) -> None:
    shown = stage.source()
    assert stage.as_member(Role.SOURCE_READ_ONLY, shown).get("/").status_code == 200
    assert stage.as_member(Role.MINIMAL_USER).get("/").status_code == 200


def test_without_a_source_the_overview_of_who_skipped_says_how_to_make_one(stage: Stage) -> None:
    stage.ada.post("/welcome/skip")
    page = stage.ada.get("/").text
    assert "No source yet" in page
    assert 'href="/welcome"' in page


def test_when_all_is_well_it_says_so(stage: Stage) -> None:
    busy(stage)
    page = stage.ada.get("/").text
    assert "Everything is all right" in page
    assert "Balanced" in page
    assert "No destination is connected yet" in page


def test_each_figure_leads_to_its_page(stage: Stage) -> None:
    source_id = busy(stage)
    stage.backends.overview_facts = {
        "rejected": {"no_user_anon_id": 4},
        "quarantined_open": 4,
        "previous_accepted": 600,
    }
    page = stage.ada.get("/").text
    for path in (
        *("/events", "/quarantine", "/sources", "/health-page", "/health-page#ledger"),
        *("/quarantine?reason=no_user_anon_id", f"/sources/{source_id}"),
    ):
        assert f'href="{path}"' in page
    assert "100% more than the period before" in page


def test_what_needs_somebody_is_said_with_its_way_out(stage: Stage) -> None:
    source_id = busy(stage, is_silent=True)
    stage.backends.overview_facts = {
        "balanced": False,
        "difference": 3,
        "freshness": Freshness(waiting=9, lag_seconds=75.0),
        "disk_free_bytes": 10,
    }
    page = stage.ada.get("/").text
    for said in (
        *("4 things need you", "3 events are not accounted for", "The disk is full"),
        *("behind", "One source is silent", f'href="/sources/{source_id}"'),
    ):
        assert said in page


def test_without_the_warehouse_the_page_says_that_events_are_kept(stage: Stage) -> None:
    stage.source()
    stage.backends.is_away = True
    answer = stage.ada.get("/")
    assert answer.status_code == 200
    assert "The warehouse does not answer" in answer.text
    assert "kept all the same" in answer.text


def test_the_period_is_chosen(stage: Stage) -> None:
    busy(stage)
    page = stage.ada.get("/?period=7d").text
    assert 'href="/?period=7d" aria-current="true"' in page
    assert page.count("<g data-count") in (28, 29)


def test_the_last_event_is_told_as_a_time_ago(stage: Stage) -> None:
    busy(stage)
    at = isoformat(stage.clock.now() - 3_000_000)
    stage.backends.overview_facts = {"freshness": Freshness(last_accepted_at=at)}
    assert "3 seconds ago" in stage.ada.get("/").text


def test_the_overview_is_of_the_sources_that_one_may_see(stage: Stage) -> None:
    busy(stage)
    other = stage.source("Secret source")
    shown = stage.source("Shown source")
    bob = stage.as_member(Role.SOURCE_READ_ONLY, shown)
    page = bob.get("/").text
    assert "Shown source" in page
    assert other.name not in page


def test_it_is_chinese_for_those_who_read_it(stage: Stage) -> None:
    busy(stage)
    page = stage.ada.get("/", headers={"Accept-Language": "zh-CN"}).text
    assert "一切正常" in page
    assert "收支平衡" in page
