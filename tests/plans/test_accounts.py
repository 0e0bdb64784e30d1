"""Whatever is sent, and whatever a plan and its settings say: every event is accounted for."""

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.plans.model import Rule, RuleType
from headwater.ports import Outcome, Stream
from headwater.spec import violations
from tests.pipeline.conftest import lead, stored
from tests.pipeline.test_batch import EVENTS, counted
from tests.plans.conftest import COMMON, ORDER, PERSON, RULES, identify, programs, track

ALL = (
    *RULES,
    Rule(RuleType.PAGE, "", 1, ORDER),
    Rule(RuleType.SCREEN, "", 1, ORDER),
    Rule(RuleType.COMMON, "", 1, COMMON),
    Rule(RuleType.TRACK, "Order Completed", 2, PERSON),
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.text(max_size=3)
    | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "price", "shop", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)
MEMBERS = st.dictionaries(
    st.sampled_from(["total", "currency", "products", "email", "age", "shop", "*", "a.b"]), VALUES
)
CONTEXTS = st.fixed_dictionaries(
    {}, optional={"app": VALUES, "protocols": VALUES | st.just({"event_version": 2})}
)
CALLS = st.builds(
    lambda make, members, context: make(members, context=context),
    st.sampled_from([track, identify]),
    MEMBERS,
    CONTEXTS,
)
FLAGS = st.booleans()
SETTINGS = st.fixed_dictionaries(
    {
        "track": st.fixed_dictionaries(
            {
                "allowUnplannedEvents": FLAGS,
                "allowUnplannedEventProperties": FLAGS,
                "allowEventOnViolations": FLAGS,
                "allowPropertiesOnViolations": FLAGS,
                "commonEventOnViolations": st.sampled_from(["ALLOW", "BLOCK", "OMIT_PROPERTIES"]),
            }
        ),
        "identify": st.fixed_dictionaries(
            {
                "allowUnplannedTraits": FLAGS,
                "allowTraitsOnViolations": FLAGS,
                "commonEventOnViolations": st.sampled_from(["ALLOW", "BLOCK", "OMIT_TRAITS"]),
            }
        ),
    },
    optional={"forwardingBlockedEventsTo": st.just("s2"), "forwardingViolationsTo": st.just("s3")},
)


@given(st.lists(EVENTS | CALLS, max_size=6), SETTINGS)
@settings(max_examples=120, deadline=None)
def test_what_comes_in_comes_out_or_is_told_of(members: list[Any], wanted: dict[str, Any]) -> None:
    count = max(len(members), 1)
    through = lead(
        [stored({"batch": members}, count=count)], programs=programs(*ALL, settings=wanted)
    )
    outcomes = counted(through)
    outcomes.pop(Outcome.TOUCHED, 0)
    assert outcomes.total() == count
    assert "stage_failed" not in through.reasons
    blocked = outcomes.get(Outcome.FILTERED, 0)
    forwarded = through.entry.records.get(Stream.FORWARDED, ())
    assert sum(each.source_id == "s2" for each in forwarded) == blocked
    told = [
        each
        for record in through.entry.records.get(Stream.VIOLATIONS, ())
        for each in violations.decode(record.body)
    ]
    generated = [each for each in forwarded if each.source_id == "s3"]
    assert len(generated) == (len(told) if "forwardingViolationsTo" in wanted else 0)


@given(st.lists(CALLS, max_size=4))
@settings(max_examples=60, deadline=None)
def test_a_plan_that_only_tells_changes_no_byte(members: list[Any]) -> None:
    requests = [stored({"batch": members}, count=max(len(members), 1))]
    governed, free = lead(requests, programs=programs(*ALL)).entry, lead(requests).entry
    own = {Stream.VIOLATIONS}
    assert {k: v for k, v in governed.records.items() if k not in own} == free.records
    assert msgspec.structs.replace(governed, records={}) == msgspec.structs.replace(
        free, records={}
    )
