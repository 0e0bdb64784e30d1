"""/events and the page of an event: who finds what, and who sees whose it is."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from headwater.access import audit
from headwater.access.roles import Role
from headwater.search.model import MOST_TERMS
from tests.web.held import AT, Holding, stored

PRIVATE = ("ann-7", "4242", "203.0.113.7")


@pytest.fixture
def holding(tmp_path: Path) -> Holding:
    return Holding(tmp_path)


@pytest.fixture
def member(holding: Holding) -> TestClient:
    """Somebody who sees every source, and not whose the events are."""
    return holding.as_member(Role.WORKSPACE_MEMBER)


def reads(holding: Holding) -> list[str]:
    """What was read of personal data, by the audit trail."""
    holding.changes.close()
    with holding.changes.reading() as connection:
        return [
            entry.subject_id
            for entry in audit.entries(connection)
            if entry.action == "Personal Data Read"
        ]


SHOP = f"/events/shop-1?source=shop&amp;at={AT + 1}"


def test_stored_events_are_listed_with_their_people(holding: Holding) -> None:
    page = holding.ada.get("/events").text
    assert f'href="{SHOP}"' in page
    assert "ann-7" in page
    assert "4242-shop" in page


def test_an_event_is_shown_whole_and_looked_up_once(holding: Holding) -> None:
    page = holding.ada.get("/events/shop-1").text
    for said in ("Order Paid", "shop.order_paid", *PRIVATE):
        assert said in page
    assert holding.warehouse.asked == ["event"]


@pytest.mark.parametrize(
    ("at", "looks"), [(AT + 1, 1), (AT, 2), ("nonsense", 1), ("9" * 30, 1), ("", 1)]
)
def test_an_event_is_found_whatever_its_link_says_of_its_time(
    holding: Holding, at: object, looks: int
) -> None:
    assert "shop.order_paid" in holding.ada.get(f"/events/shop-1?at={at}").text
    assert holding.warehouse.asked == ["event"] * looks


def test_who_may_not_see_people_gets_masks(holding: Holding, member: TestClient) -> None:
    for path in ("/events", "/events?source=shop&event=Order+Paid", "/events/shop-1"):
        answer = member.get(path)
        assert answer.status_code == 200
        assert "Order Paid" in answer.text
        assert "•••" in answer.text
        for value in PRIVATE:
            assert value not in answer.text
    assert reads(holding) == []


@pytest.mark.parametrize("asked", ["person=ann-7", "text=4242", "property=properties.card%3D4242"])
def test_who_may_not_see_people_finds_nothing_by_them(
    holding: Holding, member: TestClient, asked: str
) -> None:
    answer = member.get(f"/events?{asked}")
    assert answer.status_code == 403
    assert "needs the permission pii.read" in answer.text
    assert "shop-1" not in answer.text
    assert holding.warehouse.asked == []
    assert "shop-1" in holding.ada.get(f"/events?{asked}").text


def test_a_member_of_one_source_finds_its_events_alone(holding: Holding) -> None:
    reader = holding.as_member(Role.SOURCE_READ_ONLY, holding.shop)
    page = reader.get("/events").text
    assert "/events/shop-1" in page
    assert "/events/lab-1" not in page
    assert "/events/lab-1" not in reader.get("/events?source=lab").text
    assert reader.get("/events/shop-1").status_code == 200
    for path in ("/events/lab-1", "/events/lab-1?source=lab", "/events/lab-1?around=part"):
        assert reader.get(path).status_code == 404


def test_who_has_not_signed_in_is_asked_to(holding: Holding) -> None:
    for path in ("/events", "/events?person=ann-7", "/events/shop-1", "/events/shop-1?around=part"):
        answer = holding.stranger().get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in?next=/events")


def test_another_workspace_holds_nothing_of_this_one(holding: Holding) -> None:
    foreigner = holding.foreigner()
    assert "shop-1" not in foreigner.get("/events").text
    assert "shop-1" not in foreigner.get("/events?source=shop").text
    assert foreigner.get("/events/shop-1").status_code == 404


@pytest.mark.parametrize(
    "asked",
    [
        "since=yesterdayish",
        "until=32nd",
        "cursor=forged",
        "cursor=W10",
        f"person={'x' * 1001}",
        "&".join(f"property=properties.p{n}" for n in range(MOST_TERMS + 1)),
        "property=properties.",
        "property=..%3D5",
    ],
)
def test_a_search_that_cannot_be_read_is_a_page_that_says_so(holding: Holding, asked: str) -> None:
    answer = holding.ada.get(f"/events?{asked}")
    assert answer.status_code in (400, 422)
    assert "/events/shop-1" not in answer.text
    assert 'role="search"' in answer.text


def test_types_and_periods_that_are_none_ask_for_nothing(holding: Holding) -> None:
    answer = holding.ada.get("/events?type=nonsense&period=forever")
    assert answer.status_code == 200
    assert "/events/shop-1" in answer.text


def test_a_warehouse_that_is_away_has_a_page(holding: Holding) -> None:
    holding.warehouse.is_away = True
    for path in ("/events", "/events/shop-1"):
        answer = holding.ada.get(path)
        assert answer.status_code == 503
        assert "does not answer" in answer.text


def test_whose_events_were_looked_at_is_in_the_audit_trail(holding: Holding) -> None:
    holding.ada.get("/events?person=ann-7")
    holding.ada.get("/events/shop-1")
    assert reads(holding) == ["/events?person=ann-7", "shop-1"]


def test_what_the_person_did_around_an_event_is_shown_without_a_script(holding: Holding) -> None:
    holding.warehouse.stored.append(stored(holding.shop, 2))
    page = holding.ada.get("/events/shop-1?source=shop").text
    link = f"/events/shop-1?source=shop&amp;around=here&amp;at={AT + 1}#around"
    without_script = page.partition('id="around"')[2].partition("</noscript>")[0]
    assert f'href="{link}"' in without_script.partition("<noscript>")[2]
    assert "/events/shop-2" not in page
    shown = holding.ada.get(link.replace("&amp;", "&")).text
    assert 'href="/events/shop-2?source=shop&amp;' in shown
    assert "data-around" not in shown
    part = holding.ada.get("/events/shop-1?around=part&source=shop").text
    assert 'href="/events/shop-2?source=shop&amp;' in part
    assert "<html" not in part


def test_what_a_person_did_is_for_those_who_may_know_who_it_is(
    holding: Holding, member: TestClient
) -> None:
    for path in ("/events/shop-1", "/events/shop-1?around=here"):
        page = member.get(path).text
        assert 'id="around"' not in page
    assert member.get("/events/shop-1?around=part").status_code == 404
