"""The context is an object."""

import pytest


def test_no_context_is_an_empty_one(through, track):
    assert through(track()).row["context"] == "{}"
    assert through(track(context=None)).row["context"] == "{}"


@pytest.mark.parametrize("value", ["web", 0, False, []])
def test_a_context_that_is_no_object_is_kept_aside(through, track, value):
    assert through(track(context=value)).reasons == ["context_not_object"]


def test_the_library_is_left_as_sent(through, track):
    library = {"library": {"name": "mine", "version": "1"}}
    assert through(track(context=library)).row["context"] == (
        '{"library":{"name":"mine","version":"1"}}'
    )
