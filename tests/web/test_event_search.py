"""The address of /events is the search: what it asks for, and how each condition is undone."""

import pytest
from starlette.datastructures import QueryParams

from headwater.errors import BadRequestError
from headwater.search.model import Comparison, PropertyTerm
from headwater.web.event_search import Asked, asked, chips, key_properties, search_of, term_of

NOW = 1_700_000_000_000_000


def read(query: str) -> Asked:
    return asked(QueryParams(query))


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("properties.total=5", PropertyTerm("properties.total", Comparison.EQUALS, 5)),
        ("properties.id=5.50", PropertyTerm("properties.id", Comparison.EQUALS, 5.5)),
        ("properties.ok=true", PropertyTerm("properties.ok", Comparison.EQUALS, True)),
        ("properties.plan=pro", PropertyTerm("properties.plan", Comparison.EQUALS, "pro")),
        ("properties.a=b=c", PropertyTerm("properties.a", Comparison.EQUALS, "b=c")),
        ("properties.q~1=1", PropertyTerm("properties.q", Comparison.CONTAINS, "1=1")),
        ("traits.email", PropertyTerm("traits.email", Comparison.EXISTS)),
    ],
)
def test_a_condition_is_a_path_a_sign_and_a_value(text: str, term: PropertyTerm) -> None:
    assert term_of(text) == term


def test_a_search_has_what_the_address_says() -> None:
    wanted = read("text=mug&person=ann&event=Order%20Paid&type=track&property=properties.n%3D1")
    search = search_of(wanted, NOW)
    assert (search.text, search.person, search.event, search.type) == (
        "mug",
        "ann",
        "Order Paid",
        "track",
    )
    assert search.properties == (PropertyTerm("properties.n", Comparison.EQUALS, 1),)
    assert search.since is None


def test_a_period_ends_now_and_a_time_that_is_given_goes_before_it() -> None:
    assert search_of(read("period=24h"), NOW).since == NOW - 86_400_000_000
    given = search_of(read("period=24h&since=2023-01-01"), NOW)
    assert given.since == 1_672_531_200_000_000


def test_a_new_condition_joins_those_that_are_there() -> None:
    wanted = read("property=traits.a%3D1&path=plan&sign=%3D&value=pro")
    assert wanted.properties == ("traits.a=1", "properties.plan=pro")
    assert read("path=context.ip&sign=%3F&value=").properties == ("context.ip",)


def test_each_condition_can_be_taken_away() -> None:
    wanted = read("text=mug&property=properties.a%3D1&property=properties.b~x")
    shown = dict(chips(wanted))
    assert shown == {
        "properties.a = 1": "/events?text=mug&property=properties.b~x",
        "properties.b ∋ x": "/events?text=mug&property=properties.a%3D1",
    }


def test_what_nobody_can_ask_is_refused_with_its_name() -> None:
    many = "&".join(f"property=properties.p{n}%3D1" for n in range(11))
    with pytest.raises(BadRequestError, match="property"):
        search_of(read(many), NOW)
    with pytest.raises(BadRequestError, match="since"):
        search_of(read("since=yesterday"), NOW)
    with pytest.raises(BadRequestError):
        search_of(read(f"text={'x' * 2000}"), NOW)


def test_an_address_without_conditions_asks_for_all() -> None:
    assert read("").is_all
    assert read("type=nonsense&period=nonsense").is_all
    assert read("cursor=abc").is_all
    assert not read("text=a").is_all
    assert read("").path() == "/events"


def test_a_line_says_the_first_plain_values() -> None:
    event: dict[str, object] = {
        "properties": {"a": {"b": 1}, "total": 5.5, "none": None, "ok": True, "text": "x" * 99}
    }
    assert key_properties(event) == [("total", "5.5"), ("ok", "true"), ("text", "x" * 60)]
    assert key_properties({"traits": {"plan": "pro"}}) == [("plan", "pro")]
    assert key_properties({"properties": "broken"}) == []
