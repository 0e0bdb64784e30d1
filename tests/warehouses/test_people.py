"""`users` and `accounts`: in each column the newest value that is not null, however events come."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

START = datetime(2024, 1, 1, tzinfo=UTC)


def identify(user: str, minute: int, **traits: Any) -> dict[str, Any]:
    at = (START + timedelta(minutes=minute)).isoformat()
    return {"type": "identify", "userId": user, "receivedAt": at, "traits": traits}


def test_a_later_call_replaces_what_it_names_and_leaves_the_rest(shop: Any) -> None:
    shop.load(identify("ann", 1, plan="free", city="Brno"))
    shop.load(identify("ann", 2, plan="pro", city=None), identify("bo", 2, plan="free"))
    assert shop.rows("SELECT id, plan, city FROM shop.users ORDER BY id") == [
        ("ann", "pro", "Brno"),
        ("bo", "free", None),
    ]


def test_a_call_that_comes_late_fills_only_what_nothing_newer_says(shop: Any) -> None:
    shop.load(identify("ann", 5, plan="pro"))
    shop.load(identify("ann", 1, plan="free", city="Brno"))
    assert shop.rows("SELECT plan, city, received_at FROM shop.users") == [
        ("pro", "Brno", datetime(2024, 1, 1, 0, 5)),  # noqa: DTZ001 - as the warehouse has it
    ]


def test_a_late_call_beside_a_new_one_does_not_hide_what_is_newer(shop: Any) -> None:
    shop.load(identify("ann", 5, plan="pro"))
    shop.load(identify("ann", 1, plan="free"), identify("ann", 9, city="Brno"))
    assert shop.rows("SELECT plan, city FROM shop.users") == [("pro", "Brno")]


def test_a_group_is_merged_as_a_user_is(shop: Any) -> None:
    group = {"type": "group", "userId": "ann", "groupId": "acme"}
    shop.load({**group, "traits": {"name": "ACME", "seats": 5}})
    shop.load({**group, "traits": {"seats": 7}})
    assert shop.rows("SELECT id, name, seats FROM shop.accounts") == [("acme", "ACME", 7)]


def test_users_of_all_sources_are_shown_together(shop: Any) -> None:
    shop.load(identify("ann", 1, plan="free"))
    shop.load(identify("ann", 2, plan=3), slug="app")
    assert shop.rows("SELECT id, plan FROM users ORDER BY ALL") == [("ann", "3"), ("ann", "free")]


def test_a_type_that_widens_widens_for_the_person_too(shop: Any) -> None:
    shop.load(identify("ann", 1, score=1), identify("bo", 1, score=2))
    shop.load(identify("ann", 2, score=1.5))
    assert shop.rows("SELECT id, score FROM shop.users ORDER BY id") == [("ann", 1.5), ("bo", 2.0)]


traits = st.dictionaries(st.sampled_from("xyz"), st.none() | st.integers(0, 9), max_size=3)
calls = st.tuples(st.sampled_from(["ann", "bo", " "]), st.integers(0, 5), traits)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(calls, min_size=1, max_size=12), st.integers(1, 5))
@example([("ann", 3, {"x": 1}), ("bo", 0, {}), ("ann", 0, {"x": 2}), ("ann", 5, {"y": 1})], 2)
def test_each_column_has_the_newest_value_however_the_calls_are_cut_into_loads(
    shop: Any, sent: list[tuple[str, int, dict[str, Any]]], cut: int
) -> None:
    turn = f"turn-{shop.count}-"  # examples share the file, and have users of their own
    sent = [(turn + user if user.strip() else user, at, named) for user, at, named in sent]
    for start in range(0, len(sent), cut):
        shop.load(*[identify(user, at, **named) for user, at, named in sent[start : start + cut]])
    expected: dict[str, dict[str, Any]] = {}
    for user, _, named in sorted(sent, key=lambda one: one[1]):
        if user.strip():
            known = {key: value for key, value in named.items() if value is not None}
            expected.setdefault(user, {}).update(known)
    columns = sorted({key for held in expected.values() for key in held})
    listed = "".join(f", {column}" for column in columns)
    mine = f"FROM shop.users WHERE id LIKE '{turn}%'"
    found = shop.rows(f"SELECT id, received_at{listed} {mine}")
    assert {row[0]: list(row[2:]) for row in found} == {
        user: [held.get(column) for column in columns] for user, held in expected.items()
    }
