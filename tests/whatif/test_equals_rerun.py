"""What-if says what a re-run does: the same requests on a fresh instance, changed for real."""

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from headwater.debugger.passed import delivered_rows
from headwater.loading.model import INTERNAL_SCHEMA, Catalog, SourceBatch
from headwater.loading.model import Limits as TableLimits
from headwater.loading.prepare import prepare
from headwater.pipeline.event import Limits
from headwater.ports import Entry, Outcome, Owner, Record, Stored, Stream
from headwater.settings import Settings
from headwater.spec import accepted, collected, quarantined, violations
from headwater.whatif.model import Effect, EventAccount, WhatIfResult
from headwater.whatif.proposal import Proposal, RemovedItem
from headwater.whatif.trial import Tables, Wanted, what_if
from headwater.workers.pipeline import PipelineWorker
from headwater.workers.seen import SeenIds
from headwater.workspaces.model import Configuration
from tests.whatif.instance import SOURCES, Instance, instance_folder

START = 1_700_000_000_000_000
HOUR = 3_600_000_000


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return instance_folder(tmp_path_factory.mktemp("template"))


def rule(name: str, kind: str, settings: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "cleaning-rule", "name": name, "rule": kind, "settings": settings} | more


def transformation(name: str, **more: Any) -> dict[str, Any]:
    return {"kind": "transformation", "name": name, "source": "shop"} | more


def plan(price: str, sources: list[str]) -> dict[str, Any]:
    members = {"price": {"type": price}}
    properties = {"type": "object", "properties": members, "required": ["price"]}
    schema = {"type": "object", "properties": {"properties": properties}}
    rules = [{"type": "TRACK", "key": "Sold", "jsonSchema": schema}]
    return {"kind": "tracking-plan", "name": "sales", "rules": rules, "sources": sources}


DOCUMENTS: list[dict[str, Any]] = [
    rule("trim", "trim", {"paths": ["properties.*"]}),
    rule("no tests", "drop", {"where": "properties.price = 0"}, position=3),
    rule(
        "cheap", "allowed_range", {"paths": ["properties.price"], "most": 9, "action": "quarantine"}
    ),
    rule("cheap", "allowed_range", {"paths": ["properties.price"], "most": 2, "action": "clamp"}),
    rule("repeats", "drop_repeats", {"seconds": 5, "members": ["properties.plan"]}),
    rule("last plan", "fill_last_known", {"paths": ["properties.plan"]}, position=2),
    rule("numbers", "parse_number", {"paths": ["properties.price"]}, sources=["shop"]),
    rule(
        "odd", "outliers", {"path": "properties.price", "window": 10, "least": 5, "action": "null"}
    ),
    transformation("renames", propertyRenames=[{"oldName": "plan", "newName": "tier"}]),
    transformation("names", newEventName="Bought", **{"if": "event = 'Sold'"}),
    transformation("drops", drop=True, **{"if": "userId = 'u2'"}),
    transformation("keeps", allowProperties=["price"]),
    plan("number", ["shop", "site"]),
    plan("string", ["shop"]),
    plan("integer", []),
    {"kind": "schema", "source": "shop", "track": {"allowUnplannedEvents": False}},
    {"kind": "schema", "source": "site", "track": {"allowEventOnViolations": False}},
    {"kind": "schema", "source": "shop", "track": {"allowUnplannedEventProperties": False}},
]
"""Of the last of a name is what counts."""

_PRICES = st.sampled_from([0, 1, 2, 3, 5, 10, 99, 2.5, "7", " x ", None, True, {"deep": [1]}])
_PROPERTIES = st.fixed_dictionaries(
    {}, optional={"price": _PRICES, "plan": st.sampled_from(["gold", " free ", None])}
)
_EVENT = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["track", "track", "track", "identify", "page", "nonsense"]),
        "event": st.sampled_from(["Sold", "Viewed"]),
        "messageId": st.sampled_from([f"m{n}" for n in range(12)]),
        "userId": st.sampled_from(["u1", "u2", "u3", ""]),
        "properties": _PROPERTIES,
    }
)
_REQUEST = st.tuples(
    st.sampled_from(SOURCES), st.integers(0, HOUR // 4), st.lists(_EVENT, min_size=1, max_size=4)
)
_SENT = st.lists(_REQUEST, max_size=12)
_DOCUMENTS = st.lists(st.sampled_from(DOCUMENTS), max_size=5)
_SWITCHABLE = ("cleaning-rule", "transformation")
_SWITCHED = st.sampled_from([{}, {"enabled": False}])


class Scene(msgspec.Struct):
    """What is set at first, what is proposed, and what was sent."""

    first: list[dict[str, Any]]
    proposal: Proposal
    sent: list[tuple[str, int, list[dict[str, Any]]]]

    def requests(self, ids: dict[str, str]) -> list[Stored]:
        """As they were collected; `ids` are those of the sources by their slugs."""
        meta = collected.ENCODER.encode(collected.Request(collected.Shape.BATCH))
        found, now = [], START
        for position, (slug, later, events) in enumerate(self.sent, 1):
            now += later
            record = Record(
                ids[slug], now, len(events), msgspec.json.encode({"batch": events}), meta
            )
            found.append(Stored("0", position, record))
        return found


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    first = _last_of_each(draw(_DOCUMENTS))
    proposed = _last_of_each(
        [
            each | (draw(_SWITCHED) if each["kind"] in _SWITCHABLE else {})
            for each in draw(_DOCUMENTS)
        ]
    )
    kept = {_key(each) for each in proposed}
    goes = [
        each
        for each in first
        if _key(each) not in kept and each["kind"] != "schema" and draw(st.booleans())
    ]
    removed = [RemovedItem(each["kind"], each["name"]) for each in goes]
    return Scene(first, Proposal(proposed, removed), draw(_SENT))


def _last_of_each(documents: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({_key(each): each for each in documents}.values())


def _key(document: dict[str, Any]) -> tuple[str, str]:
    return document["kind"], document.get("name") or document["source"]


class Rerun:
    """Requests on a fresh instance: by the real worker, in batches of some size."""

    def __init__(
        self,
        instance: Instance,
        requests: Sequence[Stored],
        configuration: Configuration,
        size: int,
    ) -> None:
        collector = instance.log.writer(Owner.COLLECTOR)
        for stored in requests:
            collector.append(Entry(records={Stream.COLLECTED: [stored.record]}))
        worker = PipelineWorker(
            instance.log,
            SeenIds(instance.folder / "seen", days=30),
            lambda: configuration,
            Settings(data_dir=instance.folder, batch_max_events=size),
            instance.changes.clock,
        )
        while worker.run_once():
            pass
        worker.close()
        self.slugs = instance.slugs()
        self.records = [
            stored.record for stored in instance.log.read(Stream.ACCEPTED, {}, max_bytes=10**9)
        ]
        self.tallies = instance.log.snapshot(Owner.PIPELINE, Stream.COLLECTED, {}).tallies
        self.violations: Counter[tuple[str, str, str, str]] = Counter()
        for stored in instance.log.read(Stream.VIOLATIONS, {}, max_bytes=10**9):
            for each in violations.decode(stored.record.body):
                self.violations[each.event_type, each.event, each.type, each.field] += each.count
        aside = instance.log.read(Stream.QUARANTINED, {}, max_bytes=10**9)
        self.aside = Counter(
            (each.reason, each.message_id)
            for stored in aside
            for each in quarantined.decode(stored.record.body)
        )

    def events(self) -> dict[tuple[str, str], bytes]:
        """The accepted events as JSON, by source and messageId."""
        return {
            (record.source_id, event["messageId"]): msgspec.json.encode(event)
            for record in self.records
            for _, event in delivered_rows(accepted.decode(record.body))
        }

    def account(self) -> EventAccount:
        counts: Counter[tuple[Outcome, str]] = Counter()
        for tally in self.tallies:
            counts[tally.outcome, tally.reason] += tally.count
        reasons = {
            outcome: {reason: n for (o, reason), n in sorted(counts.items()) if o is outcome}
            for outcome in Outcome
        }
        return EventAccount(
            counts[Outcome.PASSED, ""],
            counts[Outcome.DUPLICATE, ""],
            reasons[Outcome.QUARANTINED],
            reasons[Outcome.FILTERED],
        )

    def touched(self) -> dict[str, int]:
        counts: Counter[str] = Counter()
        for tally in self.tallies:
            if tally.outcome is Outcome.TOUCHED:
                counts[tally.reason] += tally.count
        return dict(counts)

    def columns(self) -> dict[tuple[str, str, str], str]:
        """The columns of the warehouse that these events alone make, and their types."""
        batches = [
            SourceBatch(each.source_id, self.slugs[each.source_id], each.received_at // HOUR, body)
            for each in self.records
            for body in [accepted.decode(each.body)]
        ]
        catalog = prepare(batches, Catalog(), TableLimits()).catalog if batches else Catalog()
        return {
            (table.key.schema, table.key.table, name): column.type.value
            for table in catalog.tables()
            if table.key.schema != INTERNAL_SCHEMA
            for name, column in table.columns.items()
        }


@pytest.fixture
def folders(template: Path, tmp_path: Path) -> Iterator[Any]:
    made: list[Instance] = []

    def fresh() -> Instance:
        folder = tmp_path / str(len(made))
        shutil.copytree(template, folder)
        made.append(Instance(folder))
        return made[-1]

    yield fresh
    for instance in made:
        instance.close()


@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(scene=scenes(), size=st.sampled_from([1, 3, 1000]))
def test_what_if_equals_a_re_run(folders: Any, scene: Scene, size: int) -> None:
    instance, changed = folders(), folders()
    for each in (instance, changed):
        each.apply(Proposal(scene.first))
    supposed = instance.suppose(scene.proposal)
    wanted = Wanted(Limits(), 10_000, samples=10_000)
    requests = scene.requests({slug: key for key, slug in instance.slugs().items()})
    found = what_if(requests, supposed.before, supposed.after, wanted, Tables())

    encode = msgspec.json.encode
    assert encode(instance.configuration()) == encode(supposed.before), "nothing was changed"
    changed.apply(scene.proposal)
    before = Rerun(instance, requests, instance.configuration(), size)
    after = Rerun(changed, requests, changed.configuration(), size)
    for each in (found.summary.before, found.summary.after):
        assert found.summary.read == each.accepted + each.duplicates + sum(
            (*each.quarantined.values(), *each.dropped.values())
        )
    assert found.summary.before == before.account()
    assert _named(found.summary.after, supposed.names) == _named(after.account(), changed.names())
    assert _patched(before.events(), found) == after.events()
    _check_touched(found, supposed.names, before, after, changed.names())
    _check_columns(found, before, after)
    differing = {
        (each.type, each.event, each.violation, each.field): each.after - each.before
        for each in found.summary.violations
    }
    more = Counter(after.violations)
    more.subtract(before.violations)
    assert differing == {key: count for key, count in more.items() if count}


def _named(account: EventAccount, names: dict[str, str]) -> EventAccount:
    """Rules that are new have another id in each instance."""
    dropped = {names.get(why.removeprefix("rule:"), why): n for why, n in account.dropped.items()}
    return msgspec.structs.replace(account, dropped=dropped)


def _patched(
    events: dict[tuple[str, str], bytes], found: WhatIfResult
) -> dict[tuple[str, str], bytes]:
    """The events of before, changed as what-if says."""
    patched = dict(events)
    for each in found.samples:
        key = (each.source_id, each.message_id)
        if each.before is not None:
            assert patched.pop(key) == msgspec.json.encode(each.before)
    for each in found.samples:
        key = (each.source_id, each.message_id)
        if each.after is not None:
            assert each.effect in (Effect.CHANGED, Effect.RELEASED)
            patched[key] = msgspec.json.encode(each.after)
    return patched


def _check_touched(
    found: WhatIfResult, names: Any, before: Rerun, after: Rerun, changed: Any
) -> None:
    touched = {each.id: (each.before, each.after) for each in found.summary.touched}
    assert {key: was for key, (was, _) in touched.items() if was} == before.touched()
    becomes = {names[key]: count for key, (_, count) in touched.items() if count}
    assert becomes == {changed[key]: count for key, count in after.touched().items()}


def _check_columns(found: WhatIfResult, before: Rerun, after: Rerun) -> None:
    was, becomes, effect = before.columns(), after.columns(), found.summary.warehouse
    added = {(e.schema, e.table, e.column): e.type for e in effect.columns_added}
    assert added == {key: becomes[key] for key in becomes.keys() - was.keys()}
    types = {(e.schema, e.table, e.column): (e.before, e.after) for e in effect.types_changed}
    assert types == {
        key: (was[key], becomes[key])
        for key in was.keys() & becomes.keys()
        if was[key] != becomes[key]
    }
    unfilled = {(e.schema, e.table, e.column) for e in effect.unfilled}
    tables = {key[:2] for key in was} - {key[:2] for key in becomes}
    assert {key for key in was.keys() - becomes.keys() if key[:2] not in tables} <= unfilled
    assert {(e.schema, e.table) for e in effect.tables_added} == {key[:2] for key in becomes} - {
        key[:2] for key in was
    }
