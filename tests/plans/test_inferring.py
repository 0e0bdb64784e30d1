"""Plans inferred from streams that keep, mostly, to a schema nobody tells."""

import tracemalloc
from random import Random
from typing import Any

import pytest

from headwater.plans.inferring.choosing import chosen
from headwater.plans.inferring.formats import format_of
from headwater.plans.inferring.model import Inferred, Proposal, Thresholds
from headwater.plans.inferring.observing import MOST_EVENTS, MOST_PATHS_OF_ONE, Observer
from headwater.plans.inferring.proposing import inferred, slips
from tests.plans.streams import Hidden, hidden_plan, stream

JSON_TYPES = {"text": "string", "enum": "string", "format": "string"}


def infer(events: Any, **thresholds: Any) -> Inferred:
    observer = Observer()
    for at, event in enumerate(events, 1):
        observer.see(event, at)
    return inferred(observer, Thresholds(**thresholds))


def track(properties: dict[str, Any], event: str = "Order", **members: Any) -> dict[str, Any]:
    return {"type": "track", "event": event, "properties": properties} | members


def rule(found: Inferred) -> dict[str, Any]:
    schema: dict[str, Any] = found.proposals[0].json_schema["properties"]["properties"]
    return schema


class Score:
    def __init__(self) -> None:
        self.asked = self.right = 0
        self.wrong: list[str] = []

    def ask(self, is_right: bool, what: str) -> None:
        self.asked += 1
        self.right += is_right
        if not is_right:
            self.wrong.append(what)

    @property
    def share(self) -> float:
        return self.right / self.asked


def compare(
    members: dict[str, Hidden], schema: dict[str, Any], path: str, scores: dict[str, Score]
) -> None:
    required = schema.get("required", [])
    for name, hidden in members.items():
        at = f"{path}.{name}"
        found = schema.get("properties", {}).get(name, {})
        kind = JSON_TYPES.get(hidden.type, hidden.type)
        wanted = [kind, "null"] if hidden.null_rate else kind
        scores["type"].ask(found.get("type") == wanted, f"{at}: {found.get('type')} for {wanted}")
        scores["required"].ask((name in required) == hidden.is_required, at)
        if hidden.type == "enum" and not hidden.null_rate:
            scores["enum"].ask(found.get("enum") == sorted(hidden.values), f"{at}: {found}")
        if hidden.type == "format":
            scores["format"].ask(found.get("format") == hidden.format, f"{at}: {found}")
        if hidden.type in ("integer", "number"):
            holds = found.get("minimum", 1) <= hidden.low <= hidden.high <= found.get("maximum", 0)
            scores["range"].ask(holds, f"{at}: {found} for {hidden.low}..{hidden.high}")
        below = {key: each for key, each in hidden.below.items() if key}
        if below:
            inner = found if hidden.type == "object" else found.get("items", {})
            compare(below, inner, at, scores)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_hidden_schema_is_found_again_through_planted_drift_and_the_drift_is_told(
    seed: int,
) -> None:
    chance = Random(seed)
    plan = hidden_plan(chance)
    found = infer(stream(chance, plan, 20_000, slips=0.005))

    scores = {aspect: Score() for aspect in ("type", "required", "enum", "format", "range")}
    proposals = {each.key: each for each in found.proposals}
    assert set(proposals) == set(plan)
    for name, members in plan.items():
        compare(members, proposals[name].json_schema["properties"]["properties"], name, scores)

    assert scores["type"].share >= 0.95, scores["type"].wrong
    assert scores["required"].share >= 0.95, scores["required"].wrong
    assert scores["format"].share >= 0.95, scores["format"].wrong
    assert scores["range"].share >= 0.95, scores["range"].wrong
    assert scores["enum"].share >= 0.8, scores["enum"].wrong
    told = {(proposal.key, slip.kind) for proposal, _, slip in slips(found)}
    for name in plan:
        assert (name, "property") in told  # the planted property is in no plan
        assert (name, "type") in told
        assert (name, "missing") in told
    assert {kind for _, kind in told} >= {"type", "missing", "property", "value", "format", "range"}


def test_a_type_seen_in_half_a_percent_is_a_slip_and_no_type() -> None:
    events = [track({"total": "9.99" if n % 200 == 0 else 9.5}) for n in range(2_000)]
    found = infer(events)
    assert rule(found)["properties"]["total"]["type"] == "number"
    assert [(slip.kind, slip.detail, slip.count) for _, _, slip in slips(found)] == [
        ("type", "string", 10)
    ]
    both = infer([track({"total": "9.99" if n % 20 == 0 else 9.5}) for n in range(2_000)])
    assert rule(both)["properties"]["total"]["type"] == ["number", "string"]


@pytest.mark.parametrize(("missing", "is_required"), [(19, True), (21, False)])
def test_a_property_that_99_percent_have_is_required(missing: int, is_required: bool) -> None:
    found = infer(track({} if n < missing else {"id": "a"}) for n in range(2_000))
    assert ("id" in rule(found).get("required", [])) is is_required


def test_little_evidence_makes_types_and_nothing_more() -> None:
    found = infer(track({"status": "paid", "total": 5, "at": "2026-01-01"}) for _ in range(49))
    assert rule(found) == {
        "type": "object",
        "properties": {
            "status": {"type": "string"},
            "total": {"type": "integer"},
            "at": {"type": "string"},
        },
    }


def test_texts_that_hardly_repeat_are_no_enumeration() -> None:
    values = [f"v{n % 60}" for n in range(1_200)]
    found = infer(track({"name": value}) for value in values)
    assert "enum" not in rule(found)["properties"]["name"]


def test_whole_numbers_are_integers_however_they_are_written() -> None:
    found = infer(track({"count": 5.0 if n % 2 else 7}) for n in range(100))
    assert rule(found)["properties"]["count"] == {"type": "integer", "minimum": 0, "maximum": 20}


def test_a_far_off_number_is_out_of_range_and_does_not_widen_it() -> None:
    found = infer(track({"total": 10**9 if n == 700 else n % 100}) for n in range(2_000))
    assert rule(found)["properties"]["total"] == {"type": "integer", "minimum": 0, "maximum": 200}
    assert [slip.kind for _, _, slip in slips(found)] == ["range"]


def test_identify_group_page_and_versions_have_rules_of_their_own() -> None:
    versioned = {"context": {"protocols": {"event_version": 2}}}
    found = infer(
        [
            {"type": "identify", "traits": {"email": "a@b.example"}},
            {"type": "group", "traits": {"plan": "pro"}},
            {"type": "page", "name": "Home", "properties": {"path": "/"}},
            {"type": "alias", "previousId": "x"},
            track({"a": 1}),
            track({"a": "x"}, **versioned),
        ]
    )
    keys = {(each.type, each.key, each.version) for each in found.proposals}
    assert keys == {
        ("IDENTIFY", "", 1),
        ("GROUP", "", 1),
        ("PAGE", "", 1),
        ("TRACK", "Order", 1),
        ("TRACK", "Order", 2),
    }
    identify = next(each for each in found.proposals if each.type == "IDENTIFY")
    assert identify.json_schema["properties"]["traits"]["properties"] == {
        "email": {"type": "string"}
    }
    assert identify.evidence[0].path == "traits.email"


def test_a_proposal_is_taken_in_parts() -> None:
    events = (
        track({"status": "paid" if n % 2 else "open", "items": [{"sku": "a", "qty": 1}]})
        for n in range(500)
    )
    schema = infer(events).proposals[0].json_schema
    taken = chosen(
        schema,
        aspects=("required", "ranges"),
        without={"properties.items[].qty"},
        optional={"properties.status"},
    )
    properties = taken["properties"]["properties"]
    assert properties["properties"]["status"] == {"type": "string"}
    assert properties["required"] == ["items"]
    assert properties["properties"]["items"]["items"] == {
        "type": "object",
        "properties": {"sku": {"type": "string"}},
        "required": ["sku"],
    }
    assert chosen(schema) == schema


def test_what_is_kept_of_a_hostile_stream_is_bounded() -> None:
    chance = Random(5)
    deep: Any = "end"
    for _ in range(60):
        deep = {"down": deep}
    tracemalloc.start()
    found = infer(
        track(
            {f"k{chance.randrange(10**9)}": chance.random() for _ in range(20)}
            | {"deep": deep, "long": "x" * 5_000, "many": list(range(500)), "id": str(n)},
            event=f"Event {n % (MOST_EVENTS + 50)}",
        )
        for n in range(3_000)
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60_000_000
    assert found.overlooked > 0
    assert len(found.proposals) == MOST_EVENTS
    assert all(_size(each) <= MOST_PATHS_OF_ONE * 2 for each in found.proposals)
    assert any(each.is_cut for each in found.proposals)


def _size(proposal: Proposal) -> int:
    return len(proposal.evidence)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-01-01T00:00:00Z", "date-time"),
        ("2026-01-01T25:00:00Z", None),
        ("2026-01-01T00:00:00", None),
        ("2026-02-30", None),
        ("2026-02-28", "date"),
        ("ana@shop.example", "email"),
        ("ana@shop", None),
        ("https://shop.example/a?b=c#d", "uri"),
        ("not a uri", None),
        ("123e4567-e89b-12d3-a456-426614174000", "uuid"),
        ("192.168.1.1", "ipv4"),
        ("999.1.1.1", None),
        ("2001:db8::1", "ipv6"),
        ("12:30", None),
    ],
)
def test_formats_are_told_by_the_text(text: str, wanted: str | None) -> None:
    assert format_of(text) == wanted
