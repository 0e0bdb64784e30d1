"""Live traffic against the accepted plan: what drifts is told once, with a patch that fits."""

from collections.abc import Collection, Iterator, Mapping
from random import Random
from typing import Any

import msgspec
import pytest

from headwater.access import sources
from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.errors import ConflictError, UnavailableError
from headwater.kit.clock import FakeClock
from headwater.mail import Message
from headwater.plans import changing
from headwater.plans.drift import settling
from headwater.plans.drift.amending import amended, amended_by
from headwater.plans.drift.finding import drifts
from headwater.plans.drift.model import DriftKind, Found, Sensitivity, Status
from headwater.plans.drift.watching import DriftWatch
from headwater.plans.files import reading
from headwater.plans.inferring.observing import Observer
from headwater.plans.inferring.proposing import inferred
from headwater.plans.model import Rule, RuleType
from headwater.plans.validators import validator
from headwater.settings import Settings
from headwater.workspaces.model import SourceType
from tests.access.conftest import alice, changes, clock, database, published, trail  # noqa: F401
from tests.plans.streams import hidden_plan, stream

PLAN = """
name: Shop
events:
  Paid:
    properties:
      total: {type: number, minimum: 0, maximum: 100}
      currency: {type: string, enum: [CNY, EUR]}
      at: {type: string, format: date-time}
      items: {type: array, items: {type: object, properties: {sku: {type: string}}}}
    required: [total]
"""
RULES = reading.read(PLAN).rules
GOOD = {"total": 5, "currency": "CNY", "at": "2026-01-01T00:00:00Z", "items": [{"sku": "a"}]}


def paid(event: str = "Paid", **properties: Any) -> dict[str, Any]:
    given = {key: value for key, value in (GOOD | properties).items() if value is not ...}
    return {"type": "track", "event": event, "properties": given}


def look(*events: dict[str, Any], rules: Any = RULES, **sensitivity: Any) -> list[Found]:
    observer = Observer()
    for event in events:
        observer.see(event, 1)
    return drifts(observer, rules, Sensitivity(**sensitivity))


CASES = [
    (paid("Refunded"), DriftKind.NEW_EVENT, "", ""),
    (paid(coupon="x"), DriftKind.NEW_PROPERTY, "properties.coupon", "string"),
    (paid(items=[{"sku": "a", "size": 4}]), DriftKind.NEW_PROPERTY, "properties.items[].size",
     "integer"),
    (paid(total="9.99"), DriftKind.TYPE_CHANGED, "properties.total", "string"),
    (paid(items=[{"sku": None}]), DriftKind.TYPE_CHANGED, "properties.items[].sku", "null"),
    (paid(total=...), DriftKind.REQUIRED_MISSING, "properties.total", ""),
    (paid(currency="USD"), DriftKind.NEW_VALUE, "properties.currency", "USD"),
    (paid(total=250), DriftKind.RANGE_EXCEEDED, "properties.total", "250"),
    (paid(total=-3), DriftKind.RANGE_EXCEEDED, "properties.total", "-3"),
    (paid(at="yesterday"), DriftKind.FORMAT_BROKEN, "properties.at", "date-time"),
]  # fmt: skip


@pytest.mark.parametrize(("event", "kind", "path", "detail"), CASES)
def test_each_drift_is_found_and_its_patch_makes_the_plan_admit_it(
    event: dict[str, Any], kind: DriftKind, path: str, detail: str
) -> None:
    [found] = look(*[paid()] * 90, *[event] * 10)
    assert (found.kind, found.path, found.detail) == (kind, path, detail)
    assert found.seen == 10
    assert found.rule.key == event["event"]

    held = next((rule for rule in RULES if rule.id == found.rule), None)
    schema = amended(held.json_schema if held else None, found.amendment)
    assert validator(msgspec.json.encode(schema)).is_valid(event)
    assert amended(schema, found.amendment) == schema
    rule = Rule(found.rule.type, found.rule.key, found.rule.version, schema)
    others = [each for each in RULES if each.id != found.rule]
    assert look(*[paid()] * 90, *[event] * 10, rules=[*others, rule]) == []


def test_what_few_events_do_is_a_violation_and_no_drift() -> None:
    rare = [paid(total="9.99"), paid(coupon="x"), paid("Refunded")]
    assert look(*[paid()] * 3_000, *rare, *rare) == []
    assert len(look(*[paid()] * 3_000, *rare, least=1, share=0)) == 3


def test_all_drifts_of_a_stream_that_was_inferred_and_then_changed_are_found() -> None:
    """Accept what is inferred from a stream; then plant drift in it: each kind is reported."""
    chance = Random(3)
    plan = hidden_plan(chance)
    observer = Observer()
    for at, event in enumerate(stream(chance, plan, 10_000, slips=0.0)):
        observer.see(event, at)
    rules = [
        Rule(each.type, each.key, each.version, each.json_schema)
        for each in inferred(observer).proposals
    ]
    calm = Observer()
    for at, event in enumerate(stream(chance, plan, 10_000, slips=0.0)):
        calm.see(event, at)
    assert drifts(calm, rules) == []

    drifted = Observer()
    plan["Brand New"] = plan["Birch Event 1"]
    for at, event in enumerate(stream(chance, plan, 20_000, slips=0.03)):
        drifted.see(event, at)
    found = drifts(drifted, rules)
    assert {each.kind for each in found} == set(DriftKind)
    planted = {each.rule.key for each in found if each.path == "properties.planted"}
    assert planted == set(plan) - {"Brand New"}
    by_rule = {rule.id: rule.json_schema for rule in rules}
    amendments: dict[Any, list[Any]] = {}
    for each in found:
        amendments.setdefault(each.rule, []).append(each.amendment)
    patched = [
        Rule(rule.type, rule.key, rule.version, amended_by(by_rule.get(rule), of_rule))
        for rule, of_rule in amendments.items()
    ]
    assert [each for each in drifts(drifted, patched) if each.rule.key in plan] == []


class Shop:
    """A workspace with a plan that a source is connected to; its traffic, and letters sent."""

    def __init__(self, gate: Changes, by: Principal, at: FakeClock) -> None:
        self.gate, self.by, self.clock = gate, by, at
        made = sources.create(gate, by, name="Web", type=SourceType.SERVER)
        self.source_id = made.id
        self.plan = changing.create(gate, by, "Shop")
        changing.replace_rules(gate, by, self.plan.id, RULES)
        changing.connect(gate, by, self.plan.id, made.id)
        self.events: list[dict[str, Any]] = []
        self.letters: list[Message] = []
        self.is_down = False
        settings = Settings(smtp_host="mail.example", mail_from="hw@mail.example")
        self.watch = DriftWatch(settings, gate, self._sample, self._send)

    def _sample(
        self, source_ids: Collection[str], count: int, since: int
    ) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
        assert list(source_ids) == [self.source_id]
        assert since <= self.clock.now()
        for event in self.events[-count:]:
            yield self.source_id, self.clock.now(), event

    def _send(self, _: Settings, *messages: Message) -> None:
        if self.is_down:
            raise UnavailableError("The mail server is down.")
        self.letters += messages

    def check(self, minutes: float = 61) -> None:
        self.clock.advance(seconds=minutes * 60)
        self.watch.check_when_due()

    def listed(self, status: str = "") -> list[Any]:
        return settling.listed(self.gate, self.by, self.plan.id, status)

    def rule(self) -> dict[str, Any]:
        [rule] = changing.rules(self.gate, self.by, self.plan.id)
        assert rule.json_schema is not None
        properties: dict[str, Any] = rule.json_schema["properties"]["properties"]
        return properties


@pytest.fixture
def shop(changes: Changes, alice: Principal, clock: FakeClock) -> Shop:  # noqa: F811
    from headwater.access import accounts, members
    from headwater.access.model import OWNER, Grant
    from headwater.access.roles import Role

    with changes.noting() as connection:
        for name, grants in (("ann", OWNER), ("ben", (Grant(Role.SOURCE_ADMIN),))):
            user = accounts.create(
                connection, email=f"{name}@shop.example", name=name, password_hash="", now=1
            )
            members.put(connection, alice.workspace_id, user.id, grants, now=1)
    return Shop(changes, alice, clock)


def test_a_drift_is_told_once_to_those_who_may_change_plans(shop: Shop) -> None:
    shop.events = [paid()] * 90 + [paid(currency="USD")] * 10
    shop.check(minutes=59)
    assert shop.listed() == []
    shop.check(minutes=2)
    [drift] = shop.listed()
    assert (drift.kind, drift.status, drift.seen, drift.of) == ("new_value", "open", 10, 100)
    [letter] = shop.letters
    assert letter.to == "ann@shop.example"
    assert "Paid, properties.currency: has a value that is not planned (USD)" in letter.text

    shop.events += [paid(currency="USD")] * 10
    shop.check()
    [again] = shop.listed()
    assert (again.id, again.seen, again.first_seen) == (drift.id, 20, drift.first_seen)
    assert len(shop.letters) == 1


def test_a_letter_that_could_not_be_sent_is_sent_at_the_next_check(shop: Shop) -> None:
    shop.events = [paid(currency="USD")] * 10
    shop.is_down = True
    shop.check()
    assert shop.letters == []
    shop.is_down = False
    shop.check()
    assert len(shop.letters) == 1


def test_an_accepted_drift_changes_the_plan_by_its_gate_and_comes_back_if_it_drifts_again(
    shop: Shop,
) -> None:
    shop.events = [paid()] * 90 + [paid(currency="USD", coupon="x")] * 10
    shop.check()
    found = shop.listed()
    [patch] = settling.patches(found, changing.rules(shop.gate, shop.by, shop.plan.id))
    assert patch.before is not None
    settling.accept(shop.gate, shop.by, shop.plan.id, [each.id for each in found])
    assert shop.rule()["properties"]["currency"]["enum"] == ["CNY", "EUR", "USD"]
    assert shop.rule()["properties"]["coupon"]["type"] == "string"
    newest = changing.versions(shop.gate, shop.by, shop.plan.id)[0]
    assert newest.note == "2 drifts accepted"
    assert [each.action for each in trail(shop.gate)][-2:] == ["Tracking Plan Drift Accepted"] * 2
    with pytest.raises(ConflictError):
        settling.accept(shop.gate, shop.by, shop.plan.id, [found[0].id])
    shop.check()
    assert {each.status for each in shop.listed()} == {Status.ACCEPTED}

    changing.replace_rules(shop.gate, shop.by, shop.plan.id, RULES)
    shop.check()
    assert {each.status for each in shop.listed()} == {Status.OPEN}
    assert len(shop.letters) == 2


def test_a_dismissed_drift_stays_dismissed(shop: Shop) -> None:
    shop.events = [paid(total=250)] * 10
    shop.check()
    settling.dismiss(shop.gate, shop.by, shop.plan.id, [shop.listed()[0].id])
    shop.check()
    assert [each.status for each in shop.listed()] == [Status.DISMISSED]
    assert settling.open_counts(shop.gate, shop.by) == {}


def test_what_the_plan_admits_by_now_is_resolved_by_itself(shop: Shop) -> None:
    shop.events = [paid(coupon="x")] * 10
    shop.check()
    assert settling.open_counts(shop.gate, shop.by) == {shop.plan.id: 1}
    wider = reading.read(PLAN.replace("      at:", "      coupon: {type: string}\n      at:")).rules
    changing.replace_rules(shop.gate, shop.by, shop.plan.id, wider)
    shop.check()
    assert [each.status for each in shop.listed()] == [Status.RESOLVED]


def test_no_plan_is_looked_at_where_the_interval_is_nought(shop: Shop) -> None:
    off = DriftWatch(Settings(plan_drift_minutes=0), shop.gate, shop._sample)
    shop.clock.advance(seconds=10**7)
    assert off.check_when_due() is False


def test_a_rule_of_another_type_does_not_speak_of_track_events() -> None:
    identify = Rule(RuleType.IDENTIFY, "", 1, {"type": "object"})
    events = [{"type": "identify", "traits": {"a": 1}}] * 20
    assert look(*events, rules=[identify]) == []
    assert look(*events, rules=[]) == []
