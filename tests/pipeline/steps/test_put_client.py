"""What the request itself says about the device that sent it."""

import json

import pytest

from headwater.workspaces.model import SourceType

CLIENT = {"ip": "203.0.113.5", "user_agent": "Browser/1"}


def context(led):
    return json.loads(led.row["context"])


@pytest.mark.parametrize("kind", [SourceType.WEBSITE, SourceType.MOBILE])
def test_a_client_side_sources_events_get_address_and_browser(through, track, kind):
    led = through(track(), kind=kind, **CLIENT)
    assert context(led) == {"ip": "203.0.113.5", "userAgent": "Browser/1"}


def test_a_servers_events_do_not(through, track):
    assert context(through(track(), **CLIENT)) == {}


def test_a_server_that_forwards_a_devices_own_request_says_so(through, track):
    led = through(track(context={"direct": True}), **CLIENT)
    assert context(led) == {"direct": True, "ip": "203.0.113.5", "userAgent": "Browser/1"}


@pytest.mark.parametrize("kind", [SourceType.WEBSITE, SourceType.SERVER])
def test_what_the_sender_set_stays(through, track, kind):
    sent = {"ip": "0.0.0.0", "userAgent": "", "direct": True}
    assert context(through(track(context=sent), kind=kind, **CLIENT)) == sent


def test_nothing_is_made_up_where_the_request_says_nothing(through, track):
    assert context(through(track(), kind=SourceType.WEBSITE)) == {}
