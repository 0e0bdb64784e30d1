"""`users` and `accounts` keep the newest value of each trait."""

from datetime import datetime
from typing import Any

import pyarrow as pa

from headwater.loading.model import ColumnType
from headwater.loading.people import newest


def identify(user: str | None, traits: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "identify", "userId": user, "anonymousId": "a", "traits": traits, **more}


def test_a_user_is_its_newest_traits(warehouse: Any) -> None:
    warehouse.load(
        identify("u", {"email": "old@x", "plan": "free"}),
        identify("v", {"email": "v@x"}),
        identify("u", {"email": "new@x"}),
    )
    assert warehouse.rows("users") == [
        {
            "id": "u",
            "received_at": datetime(2023, 11, 14, 22, 13, 22),  # noqa: DTZ001
            "email": "new@x",
            "plan": "free",
        },
        {
            "id": "v",
            "received_at": datetime(2023, 11, 14, 22, 13, 21),  # noqa: DTZ001
            "email": "v@x",
            "plan": None,
        },
    ]


def test_a_null_trait_erases_nothing(warehouse: Any) -> None:
    warehouse.load(identify("u", {"plan": "pro"}), identify("u", {"plan": None}))
    assert warehouse.column("plan", "users") == ["pro"]


def test_newest_is_by_received_at_and_not_by_arrival(warehouse: Any) -> None:
    warehouse.load(
        identify("u", {"plan": "new"}, receivedAt="2024-01-02T00:00:00Z"),
        identify("u", {"plan": "old", "city": "x"}, receivedAt="2024-01-01T00:00:00Z"),
    )
    (row,) = warehouse.rows("users")
    assert (row["plan"], row["city"]) == ("new", "x")
    assert row["received_at"] == datetime(2024, 1, 2)  # noqa: DTZ001


def test_of_two_received_at_once_the_later_arrival_is_newest(warehouse: Any) -> None:
    when = {"receivedAt": "2024-01-02T00:00:00Z"}
    warehouse.load(identify("u", {"plan": "a"}, **when), identify("u", {"plan": "b"}, **when))
    assert warehouse.column("plan", "users") == ["b"]


def test_users_have_no_anonymous_id(warehouse: Any) -> None:
    warehouse.load(identify("u", {"a": 1}))
    assert "anonymous_id" not in warehouse.rows("users")[0]


def test_an_identify_without_a_user_makes_no_user(warehouse: Any) -> None:
    loaded = warehouse.load(identify(None, {"a": 1}), identify("  ", {"b": 1}))
    assert loaded.users == []
    assert warehouse.types("users") == {}
    assert len(warehouse.rows("identifies")) == 2


def test_users_have_the_context_and_follow_the_types_of_identifies(warehouse: Any) -> None:
    warehouse.load(identify("u", {"n": 1}, context={"ip": "1"}))
    warehouse.load(identify(None, {"n": 1.5}))
    assert warehouse.types("users") == {"n": ColumnType.FLOAT, "context_ip": ColumnType.TEXT}


def test_users_follow_a_column_that_a_repair_changed(warehouse: Any) -> None:
    warehouse.load(identify(None, {"n": 1}))
    warehouse.load(identify(None, {"n": 1.5}))
    warehouse.load(identify("u", {"n": 2}))
    assert warehouse.column("n", "users") == [2.0]


def test_an_account_is_its_newest_traits(warehouse: Any) -> None:
    for name in ("Old", "New"):
        warehouse.load({"type": "group", "groupId": "g", "userId": "u", "traits": {"name": name}})
    assert [(row["id"], row["name"]) for row in warehouse.rows("accounts")] == [
        ("g", "Old"),
        ("g", "New"),
    ]


def test_rows_with_one_id_each_are_kept_as_they_are() -> None:
    rows = pa.table({"user_id": ["a", "b"], "received_at": [2, 1], "x": [1, None], "y": [None] * 2})
    merged = newest(rows, "user_id")
    assert merged is not None
    people, oldest = merged
    assert people.to_pydict() == {"id": ["a", "b"], "received_at": [2, 1], "x": [1, None]}
    assert oldest.to_pylist() == [2, 1]
