"""Every event has an id of its own."""

import uuid

import pytest


def test_a_message_id_is_kept_as_sent(through, track):
    assert through(track(messageId="订单/1 é")).row["message_id"] == "订单/1 é"


def test_a_number_becomes_text(through, track):
    assert through(track(messageId=12)).row["message_id"] == "12"
    assert through(track(messageId=2**70)).row["message_id"] == str(2**70)


@pytest.mark.parametrize("absent", [None, ""])
def test_a_missing_id_is_made(through, track, absent):
    made = through(track(messageId=absent)).row["message_id"]
    assert str(uuid.UUID(made)) == made


def test_a_made_id_is_the_same_when_the_request_is_read_again(through, track):
    batch = [track(messageId=None), track(messageId=None)]
    first = [row["message_id"] for row in through(batch).rows]
    assert first == [row["message_id"] for row in through(batch).rows]
    assert first[0] != first[1]


def test_made_ids_of_different_requests_differ(through, track):
    call = track(messageId=None)
    made = {
        through(call).row["message_id"],
        through(call, position=2).row["message_id"],
        through(call, received_at=7).row["message_id"],
    }
    assert len(made) == 3


def test_an_id_may_have_a_hundred_characters(through, track):
    assert through(track(messageId="é" * 100)).rows
    assert through(track(messageId="é" * 101)).reasons == ["message_id_invalid"]


@pytest.mark.parametrize("value", [True, {}, ["m"]])
def test_an_id_that_is_neither_text_nor_a_number_is_kept_aside(through, track, value):
    assert through(track(messageId=value)).reasons == ["message_id_invalid"]
