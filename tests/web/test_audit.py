"""The audit page: filters, differences, the chain's state, export."""

import json
from pathlib import Path

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from headwater.access.tables import AUDIT
from headwater.web.difference import Changed, difference
from tests.web.people import People


@pytest.fixture
def people(tmp_path: Path) -> People:
    return People(tmp_path)


@pytest.fixture
def owner(people: People) -> TestClient:
    return people.set_up()


def test_every_change_is_there_with_who_did_it_and_before_and_after(owner: TestClient) -> None:
    owner.post("/settings", data={"name": "Coffee"})
    page = owner.get("/audit").text
    assert "Workspace changed" in page
    assert "Tea &amp; Co" in page
    assert "Coffee" in page
    assert "Ada" in page
    assert "The trail is whole." in page


def test_the_trail_is_filtered_by_who_what_and_day(people: People, owner: TestClient) -> None:
    people.clock.advance(seconds=3 * 86_400)
    owner.post("/settings/labels", data={"key": "team", "value": "web"})
    today = "2023-11-17"

    def shown(query: str) -> str:
        return owner.get(f"/audit?{query}").text

    assert "Label created" in shown("subject=Label")
    assert "Signed in" not in shown("subject=Label")
    assert "Label created" not in shown("actor=system")
    assert "Label created" in shown(f"since={today}")
    assert "Signed in" not in shown(f"since={today}")
    assert "Label created" not in shown("until=2023-11-16")
    assert "Nothing fits this filter" in shown("subject=Warehouse")
    for odd in ("since=yesterday", "from_entry=-1", "from_entry=9999999999", "from_entry=x"):
        assert owner.get(f"/audit?{odd}").status_code == 200


def test_a_changed_entry_is_noticed(people: People, owner: TestClient) -> None:
    with people.changes.noting() as connection:
        connection.execute(update(AUDIT).where(AUDIT.c.number == 2).values(actor="user:nobody"))
    page = owner.get("/audit").text
    assert "The trail was tampered with." in page
    assert "Entry 2 does not fit" in page


def test_the_export_holds_all_entries_as_lines_of_json(owner: TestClient) -> None:
    answer = owner.get("/audit/export")
    assert "attachment" in answer.headers["content-disposition"]
    entries = [json.loads(line) for line in answer.text.splitlines()]
    assert [entry["number"] for entry in entries] == list(range(len(entries), 0, -1))
    assert entries[0]["at"].endswith("Z")
    assert isinstance(entries[-1]["after"], dict)
    only = owner.get("/audit/export?subject=User").text.splitlines()
    assert {json.loads(line)["subject"] for line in only} == {"User"}


def test_a_long_trail_is_shown_in_pages(people: People, owner: TestClient) -> None:
    for number in range(60):
        owner.post("/settings/labels", data={"key": "k", "value": str(number)})
    first = owner.get("/audit?subject=Label").text
    assert "1 to 50 of 60" in first
    assert 'href="/audit?subject=Label&amp;from_entry=50"' in first
    assert "51 to 60 of 60" in owner.get("/audit?subject=Label&from_entry=50").text


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        (None, '{"a": 1}', [Changed("a", "", "1")]),
        (
            '{"a": 1, "b": {"c": [1, 2]}}',
            '{"a": 1, "b": {"c": [1, 3]}}',
            [Changed("b.c[1]", "2", "3")],
        ),
        ('{"a": "x"}', None, [Changed("a", "x", "")]),
        ('{"a": null}', '{"a": null}', []),
        ('{"a": []}', '{"a": ["x"]}', [Changed("a", "[]", ""), Changed("a[0]", "", "x")]),
        (
            '{"made_at": 0}',
            '{"made_at": 1000000}',
            [Changed("made_at", "1970-01-01T00:00:00.000Z", "1970-01-01T00:00:01.000Z")],
        ),
        ("1", "2", [Changed("", "1", "2")]),
        (None, None, []),
    ],
)
def test_a_difference_names_the_fields_that_changed(
    before: str | None, after: str | None, changed: list[Changed]
) -> None:
    assert difference(before, after) == changed
