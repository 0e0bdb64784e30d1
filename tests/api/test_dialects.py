"""The query of a call, as each of Segment's clients writes it on the wire."""

from urllib.parse import parse_qsl, quote

import msgspec
import pytest

from headwater.api import dialects
from headwater.api.pages import Paged
from headwater.errors import InvalidError


class Rule(msgspec.Struct):
    type: str
    key: str = ""
    version: int = 1


class Filter(msgspec.Struct, rename="camel"):
    event_name: list[str] = []
    app_version: tuple[str, ...] = ()


class Asked(Paged, kw_only=True, frozen=True, rename="camel"):
    emails: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    filter: Filter | None = None
    flag: bool = False
    count: int | None = None
    name: str = ""


def read(query: str) -> Asked:
    """What the API reads of a query string."""
    return dialects.read(parse_qsl(query, keep_blank_values=True), Asked)


@pytest.mark.parametrize(
    "query",
    [
        "pagination[count]=2&pagination[cursor]=c%2B%2F%3D",
        "pagination%5Bcount%5D=2&pagination%5Bcursor%5D=c%2B%2F%3D",
        "pagination.count=2&pagination.cursor=c%2B%2F%3D",
        'pagination={"cursor": "c%2B/=", "count": 2}',
        "pagination=%7B%22cursor%22%3A+%22c%2B%2F%3D%22%2C+%22count%22%3A+2%7D",
        "pagination={'cursor': 'c%2B/=', 'count': 2}",
        'pagination={"cursor": "c%2B/="}&pagination[count]=2',
    ],
)
def test_a_page_is_asked_for_in_every_way(query: str) -> None:
    pagination = read(query).pagination
    assert (pagination.count, pagination.cursor) == (2, "c+/=")


@pytest.mark.parametrize(
    "query",
    [
        "emails[0]=a%2Bb@x.example&emails[1]=c+d",
        "emails[1]=c%20d&emails[0]=a%2Bb@x.example",
        "emails.0=a%2Bb@x.example&emails.1=c+d",
        "emails=a%2Bb@x.example&emails=c%20d",
        "emails[]=a%2Bb@x.example&emails[]=c+d",
        'emails=["a%2Bb@x.example", "c d"]',
        "emails=['a%2Bb@x.example', 'c d']",
    ],
)
def test_a_list_is_given_in_every_way(query: str) -> None:
    assert read(query).emails == ("a+b@x.example", "c d")


@pytest.mark.parametrize("query", ["emails=a", "emails[0]=a", "emails.0=a", "emails[]=a"])
def test_one_value_is_a_list_of_one(query: str) -> None:
    assert read(query).emails == ("a",)


def test_a_list_of_many_keeps_its_order_by_number_not_by_letter() -> None:
    query = "&".join(f"emails[{number}]={number}" for number in range(12))
    assert read(query).emails == tuple(str(number) for number in range(12))


@pytest.mark.parametrize(
    "query",
    [
        "rules[0][type]=TRACK&rules[0][key]=A's%2BB&rules[0][version]=2&rules[1][type]=GROUP",
        "rules.0[key]=A's%2BB&rules.0[type]=TRACK&rules.0[version]=2&rules.1[type]=GROUP",
        "rules=" + quote("""{'type': 'TRACK', 'key': "A's+B", 'version': 2}""")
        + "&rules=" + quote("{'type': 'GROUP'}"),
        "rules=" + quote('[{"type":"TRACK","key":"A\'s+B","version":2},{"type":"GROUP"}]'),
    ],
)  # fmt: skip
def test_objects_in_a_list_are_given_in_every_way(query: str) -> None:
    assert read(query).rules == (Rule("TRACK", "A's+B", 2), Rule("GROUP"))


@pytest.mark.parametrize(
    "query",
    [
        "filter[eventName][0]=X&filter[eventName][1]=Y+Z",
        "filter[eventName].0=X&filter[eventName].1=Y%20Z",
        "filter.eventName.0=X&filter.eventName.1=Y+Z",
        "filter[eventName]=X&filter[eventName]=Y+Z",
        'filter={"eventName": ["X", "Y Z"]}',
    ],
)
def test_lists_in_an_object_are_given_in_every_way(query: str) -> None:
    assert read(query).filter == Filter(["X", "Y Z"])


def test_what_only_looks_like_a_list_or_an_object_is_a_text() -> None:
    assert read("emails=[Amplitude] Started&name={x").emails == ("[Amplitude] Started",)
    assert read("emails=[Amplitude] Started&name={x").name == "{x"


def test_the_last_of_several_is_taken_where_one_is_wanted() -> None:
    assert read("name=a&name=b").name == "b"


@pytest.mark.parametrize(("text", "value"), [("true", True), ("false", False), ("1", True)])
def test_a_yes_or_no_is_read_from_text(text: str, value: bool) -> None:
    assert read(f"flag={text}").flag is value


def test_what_is_not_known_does_not_matter() -> None:
    assert read("x=1&y[a][b]=2&z.0=3&[=4&a[b=5&=6&&") == Asked()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("count=x", "count"),
        ("flag=perhaps", "flag"),
        ("name[x]=1", "name"),
        ("emails[x]=1", "emails"),
        ("emails[1.5]=1", "emails"),
        ("pagination=2", "pagination"),
        ("pagination[count]=", "pagination.count"),
        ("pagination[count]=0", "pagination.count"),
        ("filter=[1]", "filter"),
        ("rules[0][key]=x", "rules[0].type"),
        ("rules=x", "rules[0]"),
        ("name[a][b][c][d][e][f][g]=1", ""),
        ("emails=" + "a&emails=" * dialects.MOST_PARAMETERS, ""),
    ],
)
def test_what_does_not_fit_is_refused_by_its_name(query: str, field: str) -> None:
    with pytest.raises(InvalidError) as caught:
        read(query)
    assert caught.value.field == field
    assert caught.value.status == 422


@pytest.mark.parametrize("opening", ["[", "{'a':", "((", "[[-" * 3])
def test_deeply_nested_notation_harms_nobody(opening: str) -> None:
    assert read(f"name={opening * 5000}").name
    with pytest.raises(InvalidError):
        read(f"filter={opening * 5000}")
