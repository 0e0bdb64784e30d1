"""Pages and screens have names that are text."""

import pytest


@pytest.mark.parametrize("kind", ["page", "screen"])
def test_name_and_category_are_taken(through, kind):
    row = through({"type": kind, "userId": "u", "name": "Home", "category": "Docs"}).row
    assert (row["name"], row["category"], row["rest"]) == ("Home", "Docs", "{}")


@pytest.mark.parametrize("value", [5, True, {}, []])
@pytest.mark.parametrize("member", ["name", "category"])
def test_a_name_or_category_that_is_no_text_is_kept_aside(through, member, value):
    led = through({"type": "page", "userId": "u", member: value})
    assert led.reasons == [f"{member}_not_string"]


def test_a_page_need_not_have_a_name(through):
    row = through({"type": "page", "userId": "u", "name": None}).row
    assert (row["name"], row["category"]) == (None, None)


def test_a_name_in_the_properties_alone_is_read_from_there(through):
    call = {"type": "page", "userId": "u", "properties": {"name": "Home", "category": 5}}
    row = through(call).row
    assert (row["name"], row["category"]) == ("Home", None)
    assert row["properties"] == '{"name":"Home","category":5}'


def test_the_name_of_another_call_stays_among_the_other_members(through, track):
    assert through(track(name=5)).row["rest"] == '{"name":5}'
