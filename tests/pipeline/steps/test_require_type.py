"""Every event is one of the six calls."""

import pytest

from headwater.spec import EVENT_TYPES


def test_the_type_comes_from_the_path_where_the_event_has_none(through, track):
    for absent in (None, ""):
        assert through(track(type=absent), type="track").row["type"] == "track"


def test_the_events_own_type_wins_over_the_paths(through):
    led = through({"type": "page", "userId": "u"}, type="track")
    assert led.row["type"] == "page"


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_each_of_the_six_calls_passes(through, kind):
    call = {"userId": "u", "event": "e", "groupId": "g", "previousId": "p"}
    assert through(call, type=kind).row["type"] == kind


@pytest.mark.parametrize("kind", ["merge", "Track", 5, True, {"a": 1}, ["track"]])
def test_another_type_is_kept_aside(through, track, kind):
    assert through(track(type=kind)).reasons == ["type_not_known"]


def test_an_event_without_any_type_is_kept_aside(through):
    assert through({"userId": "u"}).reasons == ["type_not_known"]


def test_the_paths_channel_stands_in_for_the_events(through, track):
    assert through(track(), channel="web").row["rest"] == '{"channel":"web"}'
    assert through(track(channel="app"), channel="web").row["rest"] == '{"channel":"app"}'
