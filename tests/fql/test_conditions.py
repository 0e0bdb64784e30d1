"""What filters say of events."""

import json
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import FqlError
from headwater.fql import compile as compile_fql

EVENT = {
    "type": "track",
    "event": "Order Completed",
    "userId": "u-1",
    "anonymousId": None,
    "context": {"library": {"name": "analytics.js", "version": "1.10"}, "ip": "192.0.2.7"},
    "properties": {
        "total": 42.5,
        "quantity": 3,
        "zero": 0,
        "digits": "42",
        "big": 9007199254740993,
        "gift": True,
        "refunded": False,
        "coupon": "",
        "note": 'say "hi" \\ bye',
        "currency": "EUR",
        "city": "上海",
        "tags": ["new", "sale", 7, True],
        "products": [{"sku": "A-1"}, {"sku": "B-2"}],
        "product 1": {"price": "19.99"},
        "a.b": 1,
        "and": "word",
        "nothing": None,
        "snake": "order_completed_twice",
        "hump": "XMLHttpRequest sent",
    },
}

HOLD = r"""
event = 'Order Completed'
type = "track" and event = "Order Completed"
type='track'and(event='x'or userId='u-1')
type = "identify" or type = "track" and userId = "u-1"
!(type in ['page', 'screen'])
!!properties.gift
properties.gift
properties.gift = true
properties.refunded = false
true
(properties.refunded) = false
bool(properties.tags) and bool(properties.total) and !bool(properties.coupon)
!bool(properties.zero) and !bool(properties.missing) and bool("yes") and !bool("False")
userId != null
anonymousId = null
properties.missing = null and properties.nothing = null
properties.missing.deeper.still = null
event.sub = null
properties.tags.9 = null
properties.missing != "x"
properties.missing != 3
properties.total > 42 and properties.total >= 42.5 and properties.total < 43
42.5 <= properties.total and 43 > properties.total
properties.quantity = 3.0
properties.total > -1e3
properties.total > .5
properties.big != 9007199254740992
properties.digits != 42.5
!(properties.digits != 42)
!(properties.digits = 42)
properties.digits = "42"
number(properties.digits) = 42
number("1e2") = 100
number(properties.city) = null and number(properties.gift) = null
properties.quantity != "3"
!(properties.gift = 1)
properties.gift != 1
!(properties.digits > 10)
!(properties.city < 10)
"new" in properties.tags
7 in properties.tags
7.0 in properties.tags
!(1 in properties.tags)
true in properties.tags
!("blink" in properties.tags)
!("u" in userId)
event in ["Order Completed", "Order Refunded"]
properties.quantity in [1, 2, 3]
null in [properties.missing]
properties.missing in [null, "x"]
properties.currency in [lowercase("eur"), uppercase("eur")]
!(event in [])
properties.tags = ["new", "sale", 7, true]
properties.tags != ["new", "sale", 7, 1]
properties.product\ 1.price = '19.99'
properties.a\.b = 1
properties.and = 'word'
properties.products.1.sku = "B-2"
properties.city = '上海'
contains(event, "Comp")
contains(properties.tags, "sale")
!contains(properties.missing, "x") and !contains("x", properties.missing)
!contains(properties.total, "4")
!contains(properties.tags, 8)
length(properties.missing) = 0
length(properties.city) = 6
length(userId) = 3
length(properties.tags) = 4
length(properties.total) = null
lowercase(event) = "order completed"
uppercase(event) = "ORDER COMPLETED"
lowercase(properties.missing) = null
snakecase(event) = "order_completed"
kebabcase(event) = "order-completed"
titlecase("order completed") = "Order Completed"
titlecase(properties.snake) = "Order Completed Twice"
snakecase(properties.hump) = "xml_http_request_sent"
snakecase(properties.missing) = null and kebabcase(3) = null and titlecase(true) = null
snakecase(properties.city) = "上海"
typeof(event) = "string" and typeof(properties.total) = "number"
typeof(properties.gift) = 'bool' and typeof(properties.tags) = 'list'
typeof(properties.missing) = 'null' and typeof(properties) = 'object'
string(properties.quantity) = "3" and string(3.0) = "3" and string(properties.total) = "42.5"
string(properties.gift) = "true" and string(properties.missing) = ""
string(properties.tags) = '["new","sale",7,true]'
properties.note = 'say "hi" \\ bye'
properties.note = "say \"hi\" \\ bye"
match(context.library.version, '1.*')
match(event, "*") and match("", "*") and match("abcd", "a??d") and match("abcd", "*d")
match("ab*d", 'ab\*d') and !match("abxd", 'ab\*d')
match("abCd", "ab[cC]d") and match("abcd", "ab[a-z]d") and !match("abcd", "ab[A-Z]d")
match("abcd", "ab[^x]d") and !match("abxd", "ab[^x]d")
match("a]b", 'a\]b') and match("a-b", "a[-x]b") and match("a]b", 'a[\]]b')
!match("abc", "ab") and !match("aba", "ab*ba") and match("abba", "ab*ba")
match("one two three", "*o*e") and match("x", "**x**") and !match("x", "?*?")
match("a\b", 'a\\\\b') and match("上海市", "上?市")
!match(properties.missing, "*") and !match(properties.total, "4*")
!match(event, properties.total) and !match(event, properties.missing)
match('Button *', event) = false
match(event, string("Order*"))
match(lowercase(event), "order*")
properties.a\ very\,odd\ name = null
""".strip().splitlines()

REFUSED = [
    ("", 1, "empty"),
    ("   ", 1, "empty"),
    ("typo", 1, "neither true nor false"),
    ("type", 1, "neither true nor false"),
    ('type = "track" and event', 20, "neither"),
    ('"track"', 1, "neither"),
    ("length(userId)", 1, "neither"),
    ('type * "x"', 6, "no meaning"),
    ('userId = oops"', 14, "does not end"),
    ("type = 'track", 8, "does not end"),
    ('type == "track"', 6, "'=='"),
    ('type = "a" && true', 12, "'&&'"),
    ('type = "a" AND type = "b"', 12, "and, or or the end"),
    ("(type = 'a'", 12, ") for column 1"),
    ("type = 'a')", 11, "the end"),
    ("type in ['a' 'b']", 14, "] for column 9"),
    ("!type = 'a'", 1, "not clear"),
    ("!properties.gift = false", 1, "not clear"),
    ("size(userId) > 1", 1, "no function 'size'"),
    ("contains(event) ", 1, "takes 2 and was given 1"),
    ("contains(event, 'a', 'b')", 1, "was given 3"),
    ("and = 'a'", 1, "is wanted"),
    ("properties.1x = 2 3x = 4", 19, "no number"),
    ("match(event, 'a[b')", 14, "without its ]"),
    ("match(event, 'a[]')", 14, "nothing in them"),
    ("match(event, '[z-a]')", 14, "empty"),
    (r"match(event, 'a\\')", 14, "before nothing"),
    (f"match(event, '{'?' * 300}')", 14, "longer than 256"),
    ("properties.", 11, "no meaning"),
    ("type >", 7, "is wanted"),
    ("(" * 65 + "true" + ")" * 65, 65, "64 brackets"),
    ("!" * 65 + "true", 65, "64 brackets"),
    ("'a' in " + "[" * 65 + "]" * 65, 72, "64 brackets"),
    ("x" * 70_000, 65_537, "characters"),
]


@pytest.mark.parametrize("source", HOLD)
def test_a_condition_holds_of_the_event(source: str) -> None:
    assert compile_fql(source)(EVENT) is True
    assert compile_fql(f"!({source})")(EVENT) is False


@pytest.mark.parametrize(("source", "column", "said"), REFUSED)
def test_a_text_that_is_no_filter_is_refused_where_it_goes_wrong(
    source: str, column: int, said: str
) -> None:
    with pytest.raises(FqlError) as refused:
        compile_fql(source)
    assert (refused.value.column, refused.value.code) == (column, "invalid_fql")
    assert said in refused.value.message


@pytest.mark.parametrize("event", ["", None, 3, [], "track"])
def test_what_is_no_event_passes_no_filter(event: Any) -> None:
    assert compile_fql("userId = null")(event) is False


def test_sixty_four_brackets_and_a_thousand_alternatives_are_allowed() -> None:
    assert compile_fql("(" * 64 + "true" + ")" * 64)(EVENT)
    wide = " or ".join(f"event = 'Event {number}'" for number in range(1000))
    assert not compile_fql(wide)(EVENT)


@pytest.mark.shared
def test_every_row_of_the_vectors_holds(shared: Path) -> None:
    lines = (shared / "vectors" / "fql.jsonl").read_text("utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if "fql" in row]
    assert len(rows) == 206
    for row in rows:
        if row["kind"] == "parse_error":
            with pytest.raises(FqlError):
                compile_fql(row["fql"])
        elif row["kind"] == "match":
            assert _delivered(row["fql"], row["event"]) is row["match"], row
        else:
            compile_fql(row["fql"])


def _delivered(source: str, event: Any) -> bool:
    """Segment delivers nothing where the filter cannot be read."""
    try:
        return compile_fql(source)(event)
    except FqlError:
        return False


def test_the_examples_of_the_page_give_what_the_page_says() -> None:
    page = (Path(__file__).parents[2] / "docs" / "fql.md").read_text("utf-8")
    event = json.loads(page.split("```json\n")[1].split("```")[0])
    rows = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in page.splitlines()
        if line.endswith(("| true |", "| false |"))
    ]
    assert len(rows) > 20
    for row in rows:
        assert compile_fql(row[0].strip("`"))(event) is (row[-1] == "true"), row[0]
