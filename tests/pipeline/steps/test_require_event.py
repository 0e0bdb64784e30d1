"""A track call says what happened."""

import pytest


@pytest.mark.parametrize("name", [None, "", "  \t\n"])
def test_a_track_call_without_a_name_is_kept_aside(through, track, name):
    assert through(track(event=name)).reasons == ["event_not_defined"]


@pytest.mark.parametrize("name", [5, True, {}, ["e"]])
def test_a_name_that_is_no_text_is_kept_aside(through, track, name):
    assert through(track(event=name)).reasons == ["event_not_string"]


def test_a_name_in_any_script_is_kept_as_sent(through, track):
    assert through(track(event=" 商品已浏览 🛒\u0000")).row["event"] == " 商品已浏览 🛒\u0000"


def test_the_event_of_another_call_stays_among_the_other_members(through):
    row = through({"type": "page", "userId": "u", "event": 5}).row
    assert (row["event"], row["rest"]) == (None, '{"event":5}')
