"""A replay gives what loading everything anew under today's rules gives."""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.replays.world import ReplayWorld, identify, track

NAMES = st.sampled_from(["Sold", "Viewed", "Spam"])
VALUES = st.sampled_from([1, 2, 3])
KINDS = st.one_of(
    st.builds(lambda n, v: track("", n, properties={"v": v, "t": " x "}), NAMES, VALUES),
    st.builds(
        lambda u, v, t: identify("", u, **{t: v}),
        st.sampled_from(["ada", "bob"]),
        VALUES,
        st.sampled_from(["plan", "size"]),
    ),
    st.builds(lambda v: {"type": "page", "userId": "ada", "name": f"p{v}"}, VALUES),
    st.just({"type": "track", "userId": "ada"}),
)
EVENTS = st.lists(KINDS, min_size=1, max_size=7).map(
    lambda found: [{**each, "messageId": f"m{n}"} for n, each in enumerate(found)]
)
REQUESTS = EVENTS.flatmap(
    # A messageId that comes again has the same event, as when an SDK tries again.
    lambda events: st.lists(
        st.lists(st.sampled_from(events), min_size=1, max_size=3), min_size=1, max_size=5
    )
)
RULES = st.sampled_from(
    [
        ([], []),
        ([("drop", {"where": "properties.v = 2 or traits.plan = 2"})], []),
        ([("drop", {"where": "properties.v > 1", "action": "quarantine"})], []),
        ([("trim", {"paths": ["properties.*"]})], [{"new_event_name": "All"}]),
        ([], [{"condition": 'event = "Sold"', "new_event_name": "Bought"}]),
        (
            [("drop", {"where": 'type = "identify"'})],
            [{"condition": "properties.v = 1", "drop": True}],
        ),
    ]
)
Rules = tuple[list[tuple[str, dict[str, Any]]], list[dict[str, Any]]]


def lived(world: ReplayWorld, requests: list[list[dict[str, Any]]], rules: Rules) -> None:
    world.rules, world.definitions = rules
    for number, events in enumerate(requests):
        world.send(*events)
        if number % 2:
            world.settle()
        if number == 2:
            world.archive()
    world.settle()


@given(requests=REQUESTS, before=RULES, after=RULES)
@settings(
    max_examples=5,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_replay_under_other_rules_gives_what_they_would_have_given_at_once(
    make_world: Callable[..., ReplayWorld],
    requests: list[list[dict[str, Any]]],
    before: Rules,
    after: Rules,
) -> None:
    replayed, fresh = make_world(), make_world()
    lived(replayed, requests, before)
    untouched = replayed.tables()
    replayed.replay()
    assert replayed.tables() == untouched
    replayed.rules, replayed.definitions = after
    replayed.replay()
    lived(fresh, requests, after)

    assert replayed.tables() == fresh.tables()
    one, other = replayed.totals(), fresh.totals()
    assert (one.accepted, one.loaded, one.waiting) == (other.accepted, other.loaded, 0)
