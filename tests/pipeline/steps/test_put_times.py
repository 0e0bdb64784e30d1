"""When it happened, by the server's clock. Requests are received at 2023-11-14T22:13:20Z."""

from datetime import datetime

import pytest

at = datetime.fromisoformat
RECEIVED = at("2023-11-14T22:13:20")
NOON = at("2020-01-01T12:00:00")


def times(row):
    return row["timestamp"], row["original_timestamp"], row["sent_at"]


def test_the_clocks_skew_is_corrected(through, track):
    row = through(track(timestamp="2020-01-01T12:00:00Z", sentAt="2020-01-01T12:00:05Z")).row
    assert times(row) == (at("2023-11-14T22:13:15"), NOON, at("2020-01-01T12:00:05"))


def test_the_original_timestamp_is_corrected_like_a_timestamp(through, track):
    row = through(
        track(originalTimestamp="2020-01-01T12:00:00Z", sentAt="2020-01-01T12:00:05Z")
    ).row
    assert row["timestamp"] == at("2023-11-14T22:13:15")


def test_a_timestamp_beside_an_original_one_is_explicit_and_kept(through, track):
    row = through(
        track(
            timestamp="2019-05-05T00:00:00Z",
            originalTimestamp="2020-01-01T12:00:00Z",
            sentAt="2020-01-01T12:00:05Z",
        )
    ).row
    assert times(row)[:2] == (at("2019-05-05T00:00:00"), NOON)


def test_the_batchs_sent_at_stands_in_for_the_events(through, track):
    events = [
        track(timestamp="2020-01-01T12:00:00Z"),
        track(messageId="m2", timestamp="2020-01-01T12:00:00Z", sentAt="2020-01-01T12:00:10Z"),
    ]
    rows = through({"batch": events, "sentAt": "2020-01-01T12:00:05Z"}).rows
    assert [row["timestamp"].second for row in rows] == [15, 10]


def test_the_header_stands_in_for_a_missing_sent_at(through, track):
    row = through(track(timestamp="2020-01-01T12:00:00Z"), sent_at="2020-01-01T12:00:05Z").row
    assert row["timestamp"] == at("2023-11-14T22:13:15")


def test_the_batchs_sent_at_wins_over_the_headers(through, track):
    batch = {"batch": [track(timestamp=1577880000)], "sentAt": 1577880005}
    row = through(batch, sent_at="2022-01-01T00:00:00Z").row
    assert row["timestamp"] == at("2023-11-14T22:13:15")


def test_without_sent_at_the_timestamp_is_taken_as_it_is(through, track):
    assert times(through(track(timestamp="2020-01-01T12:00:00Z")).row) == (NOON, NOON, None)


def test_without_any_time_it_happened_when_it_was_received(through, track):
    row = through(track(sentAt="2020-01-01T12:00:05Z")).row
    assert (row["timestamp"], row["original_timestamp"]) == (RECEIVED, RECEIVED)
    assert row["sent_at"] == at("2020-01-01T12:00:05")


@pytest.mark.parametrize("literal", ["yesterday", {}, [], True, "2020-13-01T00:00:00Z", "", 1e40])
def test_a_time_that_cannot_be_read_is_kept_and_rejects_nothing(through, track, literal):
    row = through(track(timestamp=literal)).row
    assert row["timestamp"] == RECEIVED
    assert '"timestamp":' in row["rest"]


def test_an_unreadable_sent_at_gives_way_to_the_batchs(through, track):
    event = track(timestamp="2020-01-01T12:00:00Z", sentAt="?")
    row = through({"batch": [event], "sentAt": "2020-01-01T12:00:05Z"}).row
    assert row["timestamp"] == at("2023-11-14T22:13:15")
    assert row["rest"] == '{"sentAt":"?"}'


def test_a_correction_that_leaves_the_calendar_is_not_made(through, track):
    row = through(track(timestamp="9999-12-31T00:00:00Z", sentAt="0001-01-01T00:00:00Z")).row
    assert row["timestamp"] == at("9999-12-31T00:00:00")


def test_a_time_may_come_to_lie_in_the_future(through, track):
    row = through(track(timestamp="2020-01-01T12:00:10Z", sentAt="2020-01-01T12:00:00Z")).row
    assert row["timestamp"] == at("2023-11-14T22:13:30")


def test_the_time_of_receipt_that_a_sender_claims_is_only_kept(through, track):
    row = through(track(receivedAt="2001-01-01T00:00:00Z")).row
    assert row["received_at"] == RECEIVED
    assert row["rest"] == '{"receivedAt":"2001-01-01T00:00:00Z"}'
