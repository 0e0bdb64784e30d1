"""Ids are text."""

import pytest


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (5, "5"),
        (5.0, "5"),
        (5.5, "5.5"),
        (-1, "-1"),
        (2**63, "9223372036854775808"),
        (" u ", " u "),
    ],
)
def test_numbers_become_text(through, track, sent, kept):
    assert through(track(userId=sent)).row["user_id"] == kept


@pytest.mark.parametrize("absent", ["", None])
def test_empty_text_and_null_mean_that_there_is_no_id(through, track, absent):
    row = through(track(userId=absent, anonymousId="a1")).row
    assert (row["user_id"], row["anonymous_id"]) == (None, "a1")


@pytest.mark.parametrize("value", [True, False, {}, {"id": 1}, [], ["u"]])
@pytest.mark.parametrize("name", ["userId", "anonymousId"])
def test_an_id_of_another_kind_is_kept_aside(through, track, name, value):
    assert through(track(**{name: value})).reasons == ["id_not_string"]


@pytest.mark.parametrize(("kind", "name"), [("group", "groupId"), ("alias", "previousId")])
def test_the_ids_of_group_and_alias_must_be_text_too(through, kind, name):
    assert through({"type": kind, "userId": "u", name: {}}).reasons == ["id_not_string"]


def test_the_group_of_another_call_stays_among_the_other_members(through, track):
    row = through(track(groupId={"a": 1})).row
    assert (row["group_id"], row["rest"]) == (None, '{"groupId":{"a":1}}')


def test_the_header_names_the_anonymous_person_where_the_event_does_not(through, track):
    assert through(track(), anonymous_id="h1").row["anonymous_id"] == "h1"
    assert through(track(anonymousId="a1"), anonymous_id="h1").row["anonymous_id"] == "a1"
    assert through(track(userId=""), anonymous_id="h1").rows
