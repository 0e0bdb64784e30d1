"""The warehouse's names: Segment's rules, what collides, and what has no ASCII in it."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from headwater.naming import (
    LONGEST,
    RESERVED_WORDS,
    STANDARD_COLUMNS,
    STANDARD_TABLES,
    column_name,
    context_column,
    property_column,
    snake_case,
    table_name,
)

IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*")

any_text = st.text() | st.text("aZ9_ .-é注", max_size=90)


def valid(name: str) -> bool:
    return IDENTIFIER.fullmatch(name) is not None and len(name) <= LONGEST


@pytest.mark.shared
def test_snake_case_agrees_with_every_sample_of_segments_own_library(shared: Path) -> None:
    lines = (shared / "vectors" / "segment_names.jsonl").read_text("utf-8").splitlines()
    samples = [json.loads(line) for line in lines]
    assert len(samples) == 32
    for sample in samples:
        assert snake_case(sample["input"]) == sample["expect"], sample["input"]


@pytest.mark.shared
def test_snake_case_agrees_with_every_row_of_the_decision_table(shared: Path) -> None:
    text = (shared / "reference" / "warehouse.md").read_text("utf-8")
    table = text.split("## 3.")[1].split("## 4.")[0]
    rows = re.findall(r'^\| `"(.*?)"` \| (?:`(\w+)`|\(none\)) \|', table, re.MULTILINE)
    assert len(rows) > 45
    for sent, expected in rows:
        assert snake_case(sent) == expected, sent


@pytest.mark.parametrize(
    ("event", "table"),
    [
        ("Order Completed", "order_completed"),
        ("orderCompleted", "order_completed"),
        ("HTMLParser", "htmlparser"),
        ("XMLHttpRequest2", "xmlhttp_request2"),
        ("iOS App Opened", "i_os_app_opened"),
        ("a1b2c3", "a1b2c3"),
        ("omega v2", "omega_v2"),
        ("__order__completed__", "order_completed"),
        ("page_view", "page_view"),
        ("semi;drop table x", "semi_drop_table_x"),
        ("Commande terminée", "commande_termin_e"),
    ],
)
def test_an_event_is_named_as_segment_names_it(event: str, table: str) -> None:
    assert table_name(event) == table


@pytest.mark.parametrize("event", ["2FA Enabled", "1st Order", "5test"])
def test_a_leading_digit_gets_an_underscore(event: str) -> None:
    assert table_name(event) == f"_{snake_case(event)}"
    assert column_name(event) == f"_{snake_case(event)}"


@pytest.mark.parametrize("table", STANDARD_TABLES)
def test_an_event_named_like_a_standard_table_gets_an_underscore(table: str) -> None:
    assert table_name(table.title()) == f"_{table}"


@pytest.mark.parametrize("view", ["identify", "track", "page", "screen", "group", "alias"])
def test_an_event_named_like_a_call_gets_an_underscore(view: str) -> None:
    assert table_name(view) == f"_{view}"


@pytest.mark.parametrize("relation", ["Quarantine", "Type Conflicts"])
def test_an_event_named_like_a_relation_of_ours_gets_an_underscore(relation: str) -> None:
    assert table_name(relation) == f"_{snake_case(relation)}"


@pytest.mark.parametrize("word", sorted(RESERVED_WORDS))
def test_a_reserved_word_gets_an_underscore(word: str) -> None:
    assert table_name(word.upper()) == f"_{word}"
    assert column_name(word) == f"_{word}"


@pytest.mark.parametrize("column", sorted(STANDARD_COLUMNS))
def test_a_property_named_like_a_standard_column_gets_an_underscore(column: str) -> None:
    assert column_name(column) == f"_{column}"
    assert column_name(f"properties.{column}") == f"_{column}"


@pytest.mark.parametrize("key", ["userId", "userID", "user_id", "User Id", "_user_id"])
def test_every_spelling_of_a_standard_column_gets_an_underscore(key: str) -> None:
    assert column_name(key) == "_user_id"


@pytest.mark.parametrize(
    ("path", "column"),
    [
        ("context.app.version", "context_app_version"),
        ("context.userAgent", "context_user_agent"),
        ("context.page.order", "context_page_order"),
        ("traits.address.street", "address_street"),
        ("traits.firstName", "first_name"),
        ("properties.order.id", "order_id"),
        ("properties.id", "_id"),
        ("x.y.z.w.v.u", "x_y_z_w_v_u"),
        ("messageId", "message_id"),
        ("receivedAt", "_received_at"),
        ("list[0]", "list_0"),
        ("$set", "set"),
        ("@timestamp", "_timestamp"),
        ("context", "context"),
        ("properties", "properties"),
    ],
)
def test_a_dotted_path_names_its_column(path: str, column: str) -> None:
    assert column_name(path) == column


def test_a_property_never_takes_the_name_of_a_context_column() -> None:
    assert property_column(["context", "ip"]) == "_context_ip"
    assert column_name("properties.context_ip") == "_context_ip"
    assert context_column(["ip"]) == "context_ip"


def test_a_name_without_ascii_is_readable_and_ends_in_a_hash() -> None:
    assert re.fullmatch(r"ding_dan_wan_cheng_[0-9a-f]{8}", table_name("订单完成"))
    assert re.fullmatch(r"shu_liang_[0-9a-f]{8}", column_name("数量"))
    assert re.fullmatch(r"tada_[0-9a-f]{8}", table_name("🎉"))
    assert re.fullmatch(r"context_ding_dan_[0-9a-f]{8}", column_name("context.订单"))


def test_a_key_without_ascii_keeps_its_place_in_a_path() -> None:
    home, work = column_name("家.city"), column_name("工作.city")
    assert home != work
    assert home.endswith("_city")
    assert work.endswith("_city")


@pytest.mark.parametrize("text", ["", "   ", "!!!"])
def test_a_name_of_which_nothing_can_be_read_says_what_it_names(text: str) -> None:
    assert re.fullmatch(r"event_[0-9a-f]{8}", table_name(text))
    assert re.fullmatch(r"column_[0-9a-f]{8}", column_name(text))


@pytest.mark.parametrize(
    ("event", "table"),
    [("訂單 Completed", "completed"), ("Größe", "gr_e"), ("🎉 Party", "party")],
)
def test_a_name_with_some_ascii_left_is_segments(event: str, table: str) -> None:
    assert table_name(event) == table


def test_the_names_of_many_chinese_events_differ() -> None:
    events = [f"{first}{second}" for first in "订单支付退款发货" for second in "完成取消失败开始"]
    assert len({table_name(event) for event in events}) == len(set(events))


def test_a_name_keeps_its_hash_from_one_version_to_the_next() -> None:
    assert table_name("订单完成") == "ding_dan_wan_cheng_2b81b991"
    assert column_name("数量") == "shu_liang_4493e443"


def test_a_long_name_is_cut_and_stays_apart_from_others() -> None:
    first, second = table_name("a" * 70), table_name("a" * 71)
    assert len(first) == len(second) == LONGEST
    assert first != second
    assert table_name("a" * LONGEST) == "a" * LONGEST


@given(any_text)
@example("\ud800")
@example("𝟙")
def test_every_name_is_an_identifier(text: str) -> None:
    assert valid(table_name(text))
    assert valid(column_name(text))


@given(any_text)
def test_the_name_of_a_name_is_itself(text: str) -> None:
    assert table_name(table_name(text)) == table_name(text)
    assert column_name(column_name(text)) == column_name(text)


@given(st.lists(any_text, min_size=1, max_size=5))
def test_every_path_has_an_identifier(keys: list[str]) -> None:
    assert valid(property_column(keys))
    assert valid(context_column(keys))
    assert context_column(keys).startswith("context_")


@given(any_text)
def test_no_name_is_taken_by_the_warehouse(text: str) -> None:
    assert table_name(text) not in RESERVED_WORDS.union(STANDARD_TABLES)
    assert column_name(text) not in RESERVED_WORDS | STANDARD_COLUMNS


@given(any_text)
def test_snake_case_of_snake_case_is_itself(text: str) -> None:
    assert snake_case(snake_case(text)) == snake_case(text)
