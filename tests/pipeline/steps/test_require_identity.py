"""Every event belongs to someone."""

import pytest


@pytest.mark.parametrize("kind", ["identify", "track", "page", "screen", "group", "alias"])
def test_an_event_of_nobody_is_kept_aside(through, kind):
    call = {"type": kind, "event": "e", "groupId": "g", "previousId": "p", "userId": ""}
    assert through(call).reasons == ["no_user_anon_id"]


def test_a_group_call_needs_a_group(through):
    assert through({"type": "group", "userId": "u"}).reasons == ["id_required"]
    assert through({"type": "group", "userId": "u", "groupId": 7}).row["group_id"] == "7"


def test_an_alias_needs_both_ids(through):
    assert through({"type": "alias", "userId": "u"}).reasons == ["id_required"]
    assert through({"type": "alias", "anonymousId": "a", "previousId": "p"}).reasons == [
        "id_required"
    ]
    assert through({"type": "alias", "userId": "u", "previousId": "p"}).row["previous_id"] == "p"
