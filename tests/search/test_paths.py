"""Paths and conditions as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import BadRequestError
from headwater.search.model import Comparison, PropertyTerm
from headwater.search.paths import MOST_KEYS, keys_of, path_of, place_of
from headwater.search.terms import term_of


@given(st.lists(st.text(max_size=8), min_size=1, max_size=MOST_KEYS).map(tuple))
def test_every_path_can_be_written_and_read(keys: tuple[str, ...]) -> None:
    assert keys_of(path_of(keys)) == keys


@pytest.mark.parametrize("path", ["", ".", "a.", "a..b", 'a"b', '"a', "x." * MOST_KEYS + "y"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(BadRequestError):
        keys_of(path)


def test_a_path_leads_to_the_column_that_holds_it() -> None:
    assert place_of("properties.a.b") == ("properties", ("a", "b"))
    assert place_of("traits.email") == ("properties", ("email",))
    assert place_of("context.page.url") == ("context", ("page", "url"))
    assert place_of("integrations.All") == ("rest", ("integrations", "All"))
    with pytest.raises(BadRequestError):
        place_of("properties")


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("properties.plan=pro", PropertyTerm("properties.plan", Comparison.EQUALS, "pro")),
        ("properties.q=a=b~c", PropertyTerm("properties.q", Comparison.EQUALS, "a=b~c")),
        ("context.url~/x?y=1", PropertyTerm("context.url", Comparison.CONTAINS, "/x?y=1")),
        ("traits.email", PropertyTerm("traits.email", Comparison.EXISTS)),
        ('properties."a=b"=c', PropertyTerm('properties."a=b"', Comparison.EQUALS, "c")),
    ],
)
def test_a_condition_is_read_at_its_first_sign(text: str, term: PropertyTerm) -> None:
    assert term_of(text) == term
