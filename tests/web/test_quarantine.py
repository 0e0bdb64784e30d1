"""/quarantine: who sees what was kept aside, and its export."""

import json
from pathlib import Path

import pytest

from headwater.access.roles import Role
from tests.web.held import Holding, aside

EVENT = "/quarantine/events/key-shop-1"
PAGES = ("/quarantine", "/quarantine/reasons/no_user_anon_id", EVENT)


@pytest.fixture
def holding(tmp_path: Path) -> Holding:
    return Holding(tmp_path)


def test_reasons_lead_to_events_and_those_to_their_values(holding: Holding) -> None:
    assert "/quarantine/reasons/no_user_anon_id" in holding.ada.get("/quarantine").text
    listed = holding.ada.get("/quarantine/reasons/no_user_anon_id").text
    assert f'href="{EVENT}"' in listed
    assert "It has the card 4242-lab." in listed
    page = holding.ada.get(EVENT).text
    assert "It has the card 4242-shop." in page
    assert page.count("4242-shop") > 1


def test_who_may_not_see_people_gets_masks(holding: Holding) -> None:
    member = holding.as_member(Role.WORKSPACE_MEMBER)
    for path in PAGES:
        answer = member.get(path)
        assert answer.status_code == 200
        assert "4242" not in answer.text
    assert "•••" in member.get(EVENT).text
    admin = holding.as_member(Role.SOURCE_ADMIN)
    mending = admin.get("/quarantine/mend?reason=no_user_anon_id")
    assert mending.status_code == 200
    assert "4242" not in mending.text


def test_a_member_of_one_source_sees_its_events_alone(holding: Holding) -> None:
    reader = holding.as_member(Role.SOURCE_READ_ONLY, holding.lab)
    listed = reader.get("/quarantine/reasons/no_user_anon_id").text
    assert "/quarantine/events/key-lab-1" in listed
    assert EVENT not in listed
    assert reader.get("/quarantine/events/key-lab-1").status_code == 200
    assert reader.get(EVENT).status_code == 404
    for source in (holding.shop.id, "shop", "nothing"):
        path = f"/quarantine/reasons/no_user_anon_id?source={source}"
        assert reader.get(path).status_code == 404


def test_who_only_reads_changes_nothing(holding: Holding) -> None:
    reader = holding.as_member(Role.SOURCE_READ_ONLY, holding.shop)
    for path, form in (
        (EVENT, {"raw": "{}", "act": "replay"}),
        ("/quarantine/dismiss", {"key": "key-shop-1"}),
        ("/quarantine/restore", {"run": "r"}),
        ("/quarantine/mend", {"reason": "no_user_anon_id", "act": "replay"}),
    ):
        assert reader.post(path, data=form).status_code == 403
    assert "quarantine_decided" not in holding.warehouse.asked


def test_who_administers_one_source_decides_about_its_events_alone(holding: Holding) -> None:
    admin = holding.as_member(Role.SOURCE_ADMIN, holding.lab)
    answer = admin.post(EVENT, data={"raw": '{"userId": "u"}', "act": "replay"})
    assert answer.status_code == 404
    answer = admin.post("/quarantine/dismiss", data={"key": "key-shop-1", "source": "shop"})
    assert answer.status_code == 404


def test_who_has_not_signed_in_is_asked_to(holding: Holding) -> None:
    for path in (*PAGES, "/quarantine/runs", "/quarantine/export", "/quarantine/mend"):
        answer = holding.stranger().get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in?next=/quarantine")


def test_another_workspace_holds_nothing_of_this_one(holding: Holding) -> None:
    foreigner = holding.foreigner()
    assert "no_user_anon_id" not in foreigner.get("/quarantine").text
    assert "key-shop-1" not in foreigner.get("/quarantine/reasons/no_user_anon_id").text
    assert foreigner.get(EVENT).status_code == 404
    assert foreigner.get("/quarantine/export").text == ""
    path = f"/quarantine/export?source={holding.shop.id}"
    assert foreigner.get(path).status_code == 404


def test_parameters_that_cannot_be_read_are_told_of(holding: Holding) -> None:
    path = "/quarantine/reasons/no_user_anon_id"
    assert holding.ada.get(f"{path}?cursor=forged").status_code == 400
    assert holding.ada.get(f"{path}?source=nothing").status_code == 404
    assert holding.ada.get("/quarantine/events/nothing").status_code == 404
    # A state that is none is the open one.
    assert EVENT in holding.ada.get(f"{path}?state=nonsense").text


def test_an_export_has_a_line_for_every_event(holding: Holding) -> None:
    holding.warehouse.kept += [aside(holding.shop, number) for number in range(2, 1501)]
    answer = holding.ada.get("/quarantine/export?reason=no_user_anon_id")
    assert answer.headers["content-disposition"].endswith('"quarantine-no_user_anon_id.jsonl"')
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert len({line["key"] for line in lines}) == len(lines) == 1501
    assert lines[0]["raw"] == holding.warehouse.kept[-1].raw


def test_an_export_takes_the_permission_to_see_people(holding: Holding) -> None:
    member = holding.as_member(Role.WORKSPACE_MEMBER)
    answer = member.get("/quarantine/export")
    assert answer.status_code == 403
    assert "4242" not in answer.text


def test_a_warehouse_that_is_away_has_a_page_also_for_the_export(holding: Holding) -> None:
    holding.warehouse.is_away = True
    for path in (*PAGES, "/quarantine/export"):
        answer = holding.ada.get(path)
        assert answer.status_code == 503
        assert "does not answer" in answer.text
        assert "content-disposition" not in answer.headers
