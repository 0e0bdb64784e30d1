"""Properties and traits are objects."""

import json

import pytest


@pytest.mark.parametrize("value", ["x", 0, False, [], [{}]])
def test_properties_that_are_no_object_are_kept_aside(through, track, value):
    assert through(track(properties=value)).reasons == ["properties_not_object"]


@pytest.mark.parametrize("kind", ["identify", "group"])
@pytest.mark.parametrize("value", ["x", 0, False, []])
def test_traits_that_are_no_object_are_kept_aside(through, kind, value):
    call = {"type": kind, "userId": "u", "groupId": "g", "traits": value}
    assert through(call).reasons == ["traits_not_object"]


@pytest.mark.parametrize("kind", ["track", "identify", "group", "page"])
def test_none_and_null_are_empty(through, kind):
    call = {"type": kind, "userId": "u", "groupId": "g", "event": "e"}
    assert through(call).row["properties"] == "{}"
    assert through(call | {"traits": None, "properties": None}).row["properties"] == "{}"


def test_an_identifys_properties_are_its_traits(through):
    row = through({"type": "identify", "userId": "u", "traits": {"a": 1}}).row
    assert row["properties"] == '{"a":1}'


@pytest.mark.parametrize("traits", [{}, None])
def test_traits_of_the_context_stand_in_for_an_identifys(through, traits):
    call = {"type": "identify", "userId": "u", "context": {"traits": {"a": 1}}, "traits": traits}
    row = through(call).row
    assert row["properties"] == '{"a":1}'
    assert json.loads(row["context"]) == {"traits": {"a": 1}}


def test_a_single_identify_may_call_its_traits_properties(through):
    call = {"userId": "u", "properties": {"signedUp": True}}
    row = through(call, type="identify").row
    assert (row["properties"], row["rest"]) == ('{"signedUp":true}', "{}")


def test_in_a_batch_an_identifys_properties_stay_among_the_other_members(through):
    row = through([{"type": "identify", "userId": "u", "properties": {"a": 1}}]).row
    assert (row["properties"], row["rest"]) == ("{}", '{"properties":{"a":1}}')


def test_traits_win_over_properties_which_are_kept(through):
    call = {"type": "identify", "userId": "u", "traits": {"a": 1}, "properties": {"b": 2}}
    row = through(call).row
    assert (row["properties"], row["rest"]) == ('{"a":1}', '{"properties":{"b":2}}')


def test_the_users_traits_in_the_context_are_not_a_groups(through):
    call = {"type": "group", "userId": "u", "groupId": "g", "context": {"traits": {"a": 1}}}
    assert through(call).row["properties"] == "{}"
