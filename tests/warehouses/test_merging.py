"""`people` and `organizations`: one row out of what all sources say, by the sync rules, exactly."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.syncing.model import Compare, Nulls, Policy, Rule, RuleSet, Subject
from headwater.syncing.rules import Statement, complete, decide
from headwater.warehouses.duckdb.repair import repair

START = datetime(2023, 1, 1, tzinfo=UTC)
DAY = 86_400_000_000


def at(day: float) -> str:
    return (START + timedelta(days=day)).isoformat().replace("+00:00", "Z")


def said(user: str, day: float, **traits: Any) -> dict[str, Any]:
    return {"type": "identify", "userId": user, "timestamp": at(day), "traits": traits}


def merge(shop: Any, rules: Mapping[str, Rule] | None = None) -> None:
    while shop.warehouse.merge({subject: rules or {} for subject in Subject}):
        pass


def value(shop: Any, trait: str, rules: Mapping[str, Rule] | None = None) -> Any:
    """The merged value of the only person."""
    merge(shop, rules)
    [found] = shop.rows(f"SELECT {trait} FROM people")
    return found


def test_without_rules_what_was_said_last_wins_however_it_came(shop: Any) -> None:
    shop.load(said("ann", 9, plan="pro"), slug="crm")
    shop.load(said("ann", 5, plan="free", city="Brno"), slug="web")
    assert value(shop, "plan") == "pro"
    assert shop.rows("SELECT trait, value, source, said_at, differs FROM people_sources") == [
        ("plan", "pro", "crm", datetime(2023, 1, 10), True),  # noqa: DTZ001
        ("city", "Brno", "web", datetime(2023, 1, 6), False),  # noqa: DTZ001
    ]


def test_a_group_is_merged_as_a_person_is(shop: Any) -> None:
    group = {"type": "group", "userId": "ann", "groupId": "acme"}
    shop.load({**group, "timestamp": at(1), "traits": {"name": "ACME Ltd", "seats": 5}}, slug="crm")
    shop.load({**group, "timestamp": at(2), "traits": {"name": "acme"}}, slug="web")
    merge(shop, {"*": Rule(policy=Policy.LONGEST)})
    assert shop.rows("SELECT id, name, seats FROM organizations") == [("acme", "ACME Ltd", 5)]


def test_the_first_source_wins_until_it_is_much_older_than_another(shop: Any) -> None:
    shop.load(said("ann", 0, plan="free"), slug="crm")
    shop.load(said("ann", 20, plan="pro"), slug="web")
    order = {"*": Rule(policy=Policy.SOURCE_ORDER, order=("crm", "web"))}
    assert value(shop, "plan", order) == "free"
    assert value(shop, "plan", {**order, "plan": Rule(fresh_days=20)}) == "free"
    assert value(shop, "plan", {**order, "plan": Rule(fresh_days=19)}) == "pro"
    assert value(shop, "plan", {**order, "plan": Rule(source_fresh_days={"web": 1})}) == "free"
    assert value(shop, "plan", {**order, "plan": Rule(source_fresh_days={"crm": 1})}) == "pro"


def test_each_policy_chooses_what_it_says(shop: Any) -> None:
    shop.load(said("ann", 1, name="Ann", score=5, tags=["b", "a"], code="10"), slug="crm")
    shop.load(said("ann", 2, name="Anna Lee", score=9, tags="c", code="9"), slug="file")
    shop.load(said("ann", 3, name="ann", score=2, tags=["a", None], code="x"), slug="web")
    chosen = {
        policy: (value(shop, "name", {"*": Rule(policy=policy)}), value(shop, "score", None))
        for policy in (Policy.NEWEST,)
    }
    assert chosen == {Policy.NEWEST: ("ann", 2)}
    for policy, expected in {
        Policy.OLDEST: ("Ann", 5, "10"),
        Policy.MOST_FREQUENT: ("ann", 2, "x"),
        Policy.LONGEST: ("Anna Lee", 2, "10"),
        Policy.LARGEST: ("ann", 9, "10"),
        Policy.SMALLEST: ("Ann", 2, "9"),
        Policy.UNION: ('["Ann","Anna Lee","ann"]', "[2,5,9]", '["10","9","x"]'),
    }.items():
        merge(shop, {"*": Rule(policy=policy)})
        assert shop.rows("SELECT name, score, code FROM people") == [expected], policy
    assert value(shop, "tags", {"tags": Rule(policy=Policy.UNION)}) == '["a","b","c"]'
    assert shop.rows("SELECT source FROM people_sources WHERE trait = 'tags'") == ["crm, file, web"]


def test_a_null_does_what_the_rule_says(shop: Any) -> None:
    shop.load(said("ann", 1, phone="1", address={"city": "Brno"}), slug="crm")
    shop.load(said("ann", 2, phone="2"), said("ann", 3, phone=None, address=None), slug="web")
    assert value(shop, "phone") == "2"
    assert value(shop, "phone", {"phone": Rule(nulls=Nulls.WITHDRAW)}) == "1"
    assert value(shop, "phone", {"*": Rule(nulls=Nulls.DELETE)}) is None
    assert shop.rows("SELECT address_city FROM people") == [None]
    shop.load(said("ann", 4, phone="4"), slug="crm")
    assert value(shop, "phone", {"phone": Rule(nulls=Nulls.DELETE)}) == "4"


def test_an_empty_text_is_no_value_unless_it_is_to_be_one(shop: Any) -> None:
    shop.load(said("ann", 1, city="Brno"), slug="crm")
    shop.load(said("ann", 2, city=" "), slug="web")
    assert value(shop, "city") == "Brno"
    assert value(shop, "city", {"*": Rule(skip_empty=False)}) == " "


def test_values_that_are_the_same_do_not_differ(shop: Any) -> None:
    shop.load(said("ann", 1, email="Li@X.com", phone="0049 (0)30-1", name="Li  Na"), slug="crm")
    shop.load(said("ann", 2, email="li@x.com ", phone="+49301", name="li na"), slug="web")
    merge(shop)
    assert shop.rows("SELECT DISTINCT differs FROM people_sources") == [False]
    merge(shop, {"*": Rule(compare=Compare.EXACT)})
    assert shop.rows("SELECT DISTINCT differs FROM people_sources") == [True]


def test_sources_that_disagree_about_a_type_are_merged_as_texts(shop: Any) -> None:
    shop.load(said("ann", 1, size=5.5), said("bo", 1, size=7.5), slug="crm")
    shop.load(said("ann", 2, size=10), slug="web")
    merge(shop)
    assert shop.rows("SELECT id, size FROM people ORDER BY id") == [("ann", 10.0), ("bo", 7.5)]
    shop.load(said("ann", 3, size="12"), slug="file")
    shop.load(said("cy", 3, size=10.0), slug="web")
    merge(shop, {"*": Rule(policy=Policy.LARGEST)})
    assert shop.rows("SELECT id, size FROM people ORDER BY id") == [
        ("ann", "12"),
        ("bo", "7.5"),
        ("cy", "10"),
    ]


def test_a_repair_and_a_restart_change_what_is_merged(shop: Any) -> None:
    shop.load(said("ann", 1, code=5), said("ann", 2, code="x7"))
    assert value(shop, "code") == 5
    repair(shop.warehouse, "shop.identifies", "code", "text")
    assert value(shop, "code") == "x7"
    shop.load(said("bo", 3, code="y"))
    shop.reopen()
    merge(shop)
    assert shop.rows("SELECT id, code FROM people ORDER BY id") == [("ann", "x7"), ("bo", "y")]


def test_what_is_merged_waits_for_nobody_and_is_never_half_there(shop: Any) -> None:
    shop.load(said("ann", 1, plan="free"))
    merge(shop)
    shop.load(said("ann", 2, plan="pro"), said("bo", 2, plan="free"))
    assert shop.rows("SELECT id, plan FROM people") == [("ann", "free")]
    assert shop.warehouse.merge({}) == 2
    assert shop.warehouse.merge({}) == 0
    assert shop.rows("SELECT id, plan FROM people ORDER BY id") == [("ann", "pro"), ("bo", "free")]


SOURCES = ("crm", "file", "web")
values = st.one_of(
    st.none(),
    st.integers(-3, 12),
    st.sampled_from([0.5, 2.5, 1e-7]),
    st.sampled_from(
        ["", " ", "a", "A ", "ab", "5", "12", '["a","b"]', '["b",1]', "+49 1", "00491"]
    ),
)
calls = st.tuples(
    st.sampled_from(SOURCES),
    st.sampled_from(["ann", "bo"]),
    st.integers(0, 4),
    st.dictionaries(st.sampled_from(["email", "x", "y"]), values, min_size=1, max_size=3),
)
rules = st.builds(
    Rule,
    policy=st.none() | st.sampled_from(list(Policy)),
    order=st.none() | st.permutations(SOURCES).map(lambda each: tuple(each[:2])),
    exclude=st.none() | st.sampled_from([("crm",), ("web", "gone")]),
    fresh_days=st.none() | st.integers(0, 3),
    source_fresh_days=st.none() | st.just({"crm": 1}),
    skip_empty=st.none() | st.booleans(),
    nulls=st.none() | st.sampled_from(list(Nulls)),
    compare=st.none() | st.sampled_from(list(Compare)),
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(calls, min_size=1, max_size=12),
    st.dictionaries(st.sampled_from(["*", "email", "x", "y"]), rules, max_size=4),
    st.integers(1, 4),
)
def test_the_warehouse_merges_as_the_rules_say_of_each_person(
    make_shop: Callable[..., Any],
    sent: Sequence[tuple[str, str, int, dict[str, Any]]],
    ruled: RuleSet,
    cut: int,
) -> None:
    shop = make_shop()
    for start in range(0, len(sent), cut):
        for source, user, day, traits in sent[start : start + cut]:
            shop.load(said(user, day, **traits), slug=source)
        merge(shop, ruled)
    known = {row[0]: row[1] for row in shop.rows("DESCRIBE identifies")}
    for trait in sorted(set(known) & {"email", "x", "y"}):
        found = {
            user: rest
            for user, *rest in shop.rows(
                f"SELECT id, value, source, epoch_us(said_at), differs FROM people_sources"
                f" WHERE trait = '{trait}'"
            )
        }
        for user in ("ann", "bo"):
            decision = decide(
                statements(shop, user, trait, known[trait]), complete(ruled, trait), trait
            )
            expected = [told(decision.value), decision.source, decision.at, decision.differs]
            assert found.get(user) == (None if decision.value is None else expected)
            # No policy invents a value.
            if decision.value is not None and complete(ruled, trait).policy is not Policy.UNION:
                assert decision.value in [each.value for each in decision.candidates]
    shop.close()


def statements(shop: Any, user: str, trait: str, kind: str) -> list[Statement]:
    """What was said of a person, as the sources' own tables and events have it."""
    found = []
    for slug in SOURCES:
        columns = shop.rows(
            "SELECT column_name FROM information_schema.columns"
            f" WHERE table_schema = '{slug}' AND table_name = 'identifies'"
        )
        if trait in columns:
            own = shop.rows(
                f'SELECT epoch_us("timestamp"), epoch_us(received_at), "{trait}"'
                f" FROM {slug}.identifies WHERE user_id = '{user}' AND \"{trait}\" IS NOT NULL"
            )
            found += [Statement(slug, when, come, typed(one, kind)) for when, come, one in own]
        if columns:
            gone = shop.rows(
                f'SELECT epoch_us("timestamp"), epoch_us(received_at) FROM _headwater.events_{slug}'
                f" WHERE user_id = '{user}' AND json_type(properties, '/{trait}') = 'NULL'"
            )
            found += [Statement(slug, when, come, None) for when, come in gone]
    return sorted(found, key=lambda each: each.received_at)


def typed(one: Any, kind: str) -> Any:
    if kind == "VARCHAR" and isinstance(one, float):
        return str(int(one)) if one == int(one) else str(one)
    if kind == "VARCHAR":
        return str(one)
    return float(one) if kind == "DOUBLE" else one


def told(one: Any) -> Any:
    return None if one is None else str(one)


def test_merging_and_loading_do_not_get_in_each_others_way(make_shop: Callable[..., Any]) -> None:
    shop, over, failed = make_shop(), threading.Event(), list[BaseException]()

    def merge_on() -> None:
        try:
            while not over.is_set():
                shop.warehouse.merge({})
        except BaseException as error:
            failed.append(error)

    beside = threading.Thread(target=merge_on)
    beside.start()
    for number in range(30):
        users = [said(f"u{each}", number, **{f"t{number % 7}": number}) for each in range(5)]
        shop.load(*users, slug=("crm", "web", "file")[number % 3])
        if number % 10 == 9:
            repair(shop.warehouse, "crm.identifies", "t0", ("text", "integer")[number % 20 == 9])
            shop.warehouse.checkpoint()
    over.set()
    beside.join()
    merge(shop)

    assert failed == []
    expected = [(f"u{each}", *(28, 29, 23, 24, 25, 26, 27)) for each in range(5)]
    columns = ", ".join(f"t{number}" for number in range(7))
    assert shop.rows(f"SELECT id, {columns} FROM people ORDER BY id") == expected
