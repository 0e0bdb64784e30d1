"""JSON with the field at fault marked."""

import re

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from headwater.web.marked_json import marked

RAW = '{"a":1,"userId":[],"properties":{"x":{"y":[1,2]},"z":"<b>"}}'


def shown(markup: str) -> str:
    """What is between the marks, without tags and space."""
    found = re.search(r"<mark>(.*?)</mark>", markup, re.DOTALL)
    assert found
    return re.sub(r"<[^>]+>|\s", "", found[1])


def test_a_plain_field_is_marked() -> None:
    assert shown(marked(RAW, "userId")) == "[]"
    assert shown(marked(RAW, "a")) == "1"


def test_a_field_inside_another_is_marked_with_all_it_holds() -> None:
    assert shown(marked(RAW, "properties.x")) == "{&#34;y&#34;:[1,2]}"


def test_a_field_that_is_missing_is_said_to_be() -> None:
    text = marked('{"a":1}', "userId")
    assert "<mark>" not in text
    assert '<span class="json-missing">"userId"</span>' in text


def test_what_is_no_json_is_shown_as_it_is() -> None:
    assert marked('{"a":<script>', "a") == "{&#34;a&#34;:&lt;script&gt;"


def test_nothing_to_mark_is_plain_json() -> None:
    assert "<mark>" not in marked(RAW, None)
    assert "<mark>" not in marked("[1]", "userId")


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none() | st.lists(st.text())))
def test_no_value_becomes_markup_of_its_own(values: dict[str, object]) -> None:
    text = marked(msgspec.json.encode({"userId": values, **values}).decode(), "userId")
    assert set(re.findall(r"</?(\w+)", text)) <= {"span", "mark"}
    assert text.count("<mark>") == text.count("</mark>") == 1
