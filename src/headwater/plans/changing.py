"""Tracking plans, as principals see and change them: checked, audited, saved, published."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from headwater.access import sources as access_sources
from headwater.access.audit import created, deleted, modified
from headwater.access.changes import Changes, Step
from headwater.access.model import Principal
from headwater.access.permissions import Permission
from headwater.errors import ConflictError, InvalidError, NotFoundError
from headwater.kit import ids
from headwater.plans import store
from headwater.plans.checking import check_rules
from headwater.plans.model import (
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    LONGEST_NOTE,
    MOST_PLANS,
    Plan,
    PlanType,
    Rule,
    RuleId,
    Saved,
    Version,
)
from headwater.workspaces.model import Source
from headwater.workspaces.rules import slug_of

SUBJECT: Final = "Tracking Plan"


class Upsert(msgspec.Struct, frozen=True):
    """A rule to be changed, or made where there is none; `new_key` is the event's new name."""

    rule: Rule
    new_key: str = ""


class _Rules(msgspec.Struct, frozen=True):
    """What the audit trail has of a change of rules: those that it concerned."""

    version: int
    rules: tuple[Rule, ...]


class _Connected(msgspec.Struct, frozen=True):
    """What the audit trail has of a connection."""

    source_id: str
    source: str


def listed(changes: Changes, by: Principal, type: str = "") -> list[Plan]:  # noqa: A002
    """The workspace's plans, the oldest first; of one type, if it is given."""
    by.require(Permission.PLAN_READ)
    with changes.reading() as connection:
        return store.plans(connection, by.workspace_id, type)


def one(changes: Changes, by: Principal, plan_id: str) -> Plan:
    """One of them. Raises ForbiddenError and NotFoundError."""
    by.require(Permission.PLAN_READ)
    with changes.reading() as connection:
        return store.plan(connection, by.workspace_id, plan_id)


def rules(changes: Changes, by: Principal, plan_id: str) -> list[Rule]:
    """The rules of a plan. Raises ForbiddenError and NotFoundError."""
    by.require(Permission.PLAN_READ)
    with changes.reading() as connection:
        store.plan(connection, by.workspace_id, plan_id)
        return store.rules(connection, plan_id)


def sources(changes: Changes, by: Principal, plan_id: str) -> list[Source]:
    """The sources of a plan that the caller may see. Raises ForbiddenError and NotFoundError."""
    by.require(Permission.PLAN_READ)
    with changes.reading() as connection:
        store.plan(connection, by.workspace_id, plan_id)
        connected = store.source_ids(connection, plan_id)
    seen = {source.id: source for source in access_sources.listed(changes, by)}
    return [seen[source_id] for source_id in connected if source_id in seen]


def of_source(changes: Changes, source_id: str) -> str | None:
    """The id of a source's plan; None where it has none."""
    with changes.reading() as connection:
        return store.plan_of_source(connection, source_id)


def versions(changes: Changes, by: Principal, plan_id: str) -> list[Version]:
    """The saved versions of a plan, the newest first. Raises ForbiddenError and NotFoundError."""
    by.require(Permission.PLAN_READ)
    with changes.reading() as connection:
        store.plan(connection, by.workspace_id, plan_id)
        return store.versions(connection, plan_id)


def version(changes: Changes, by: Principal, plan_id: str, number: int) -> Saved:
    """What a version keeps of a plan. Raises ForbiddenError and NotFoundError."""
    by.require(Permission.PLAN_READ)
    with changes.reading() as connection:
        store.plan(connection, by.workspace_id, plan_id)
        return store.saved_version(connection, plan_id, number)


def create(
    changes: Changes,
    by: Principal,
    name: str,
    description: str = "",
    type: PlanType = PlanType.LIVE,  # noqa: A002
) -> Plan:
    """Make a plan without rules. Raises ForbiddenError, InvalidError and ConflictError."""
    by.require(Permission.PLAN_ADMIN)
    with changes.change(by) as step:
        held = store.plans(step.connection, by.workspace_id)
        if len(held) >= MOST_PLANS:
            raise ConflictError(
                f"There are {MOST_PLANS} tracking plans, which is as many as there may be.",
                hint="Remove some.",
            )
        name = _checked_name(name, held)
        made = Plan(
            id=f"tp_{ids.resource_id()}",
            name=name,
            slug=slug_of(name, {plan.slug for plan in held}),
            description=_checked_description(description),
            type=type,
            created_at=step.now,
            updated_at=step.now,
        )
        made = store.insert_plan(step.connection, by.workspace_id, made)
        made = _save(step, by, made, (), "")
        step.record(created(SUBJECT, made.id, made, name=made.name))
    return made


def change(
    changes: Changes,
    by: Principal,
    plan_id: str,
    name: str | None = None,
    description: str | None = None,
) -> Plan:
    """Name or describe a plan otherwise; its slug stays. Raises as `create`, and NotFoundError."""
    by.require(Permission.PLAN_ADMIN)
    with changes.change(by) as step:
        before = store.plan(step.connection, by.workspace_id, plan_id)
        others = [p for p in store.plans(step.connection, by.workspace_id) if p.id != plan_id]
        after = msgspec.structs.replace(
            before,
            name=before.name if name is None else _checked_name(name, others),
            description=before.description
            if description is None
            else _checked_description(description),
        )
        if after == before:
            return before
        after = msgspec.structs.replace(after, updated_at=step.now)
        store.update_plan(step.connection, after)
        after = _save(step, by, after, store.rules(step.connection, plan_id), "")
        step.record(modified(SUBJECT, plan_id, before, after, name=after.name))
    return after


def remove(changes: Changes, by: Principal, plan_id: str) -> None:
    """Remove a plan; its sources have none from then on. Raises ForbiddenError, NotFoundError."""
    by.require(Permission.PLAN_ADMIN)
    with changes.change(by) as step:
        gone = store.plan(step.connection, by.workspace_id, plan_id)
        store.delete_plan(step.connection, plan_id)
        step.record(deleted(SUBJECT, plan_id, gone, name=gone.name))


def replace_rules(
    changes: Changes, by: Principal, plan_id: str, wanted: Sequence[Rule], note: str = ""
) -> Plan:
    """Make these the rules of a plan. One that stays as it is keeps its times.

    Raises ForbiddenError, NotFoundError and InvalidError.
    """
    by.require(Permission.PLAN_ADMIN)
    check_rules(wanted)
    with changes.change(by) as step:
        plan = store.plan(step.connection, by.workspace_id, plan_id)
        return _bring(step, by, plan, store.rules(step.connection, plan_id), wanted, note)


def upsert_rules(
    changes: Changes, by: Principal, plan_id: str, wanted: Sequence[Upsert], note: str = ""
) -> Plan:
    """Change rules of a plan, and add those that it does not have; the others stay.

    Raises ForbiddenError, NotFoundError, InvalidError, and ConflictError for a new name of an
    event that is taken.
    """
    by.require(Permission.PLAN_ADMIN)
    check_rules([each.rule for each in wanted])
    with changes.change(by) as step:
        plan = store.plan(step.connection, by.workspace_id, plan_id)
        before = store.rules(step.connection, plan_id)
        after = {rule.id: rule for rule in before}
        for index, each in enumerate(wanted):
            held = after.pop(each.rule.id, None)
            rule = each.rule
            if each.new_key:
                rule = msgspec.structs.replace(rule, key=each.new_key)
            if rule.id in after:
                raise ConflictError(
                    f"rules.{index}.newKey: the plan has {rule.id} already.",
                    hint="Choose another name, or remove that rule first.",
                )
            if held is not None:
                rule = msgspec.structs.replace(rule, created_at=held.created_at)
            after[rule.id] = rule
        check_rules(list(after.values()))
        return _bring(step, by, plan, before, list(after.values()), note)


def remove_rules(
    changes: Changes, by: Principal, plan_id: str, wanted: Iterable[RuleId], note: str = ""
) -> Plan:
    """Take rules from a plan. Raises ForbiddenError, and NotFoundError for a rule as well."""
    by.require(Permission.PLAN_ADMIN)
    gone = set(wanted)
    with changes.change(by) as step:
        plan = store.plan(step.connection, by.workspace_id, plan_id)
        before = store.rules(step.connection, plan_id)
        if missing := gone - {rule.id for rule in before}:
            raise NotFoundError(
                f"The tracking plan has no rule {min(missing)}.",
                hint="List its rules: type, key and version must all be as they are there.",
            )
        after = [rule for rule in before if rule.id not in gone]
        return _bring(step, by, plan, before, after, note)


def connect(changes: Changes, by: Principal, plan_id: str, source_id: str) -> None:
    """Make a plan a source's. Needs the right to change both.

    Raises ForbiddenError, NotFoundError, InvalidError for a plan that is no live one, and
    ConflictError where the source has another.
    """
    by.require(Permission.PLAN_ADMIN)
    with changes.change(by) as step:
        plan = store.plan(step.connection, by.workspace_id, plan_id)
        source = access_sources.changeable(step, by, source_id)
        held = store.plan_of_source(step.connection, source_id)
        if held == plan_id:
            return
        if held is not None:
            other = store.plan(step.connection, by.workspace_id, held)
            raise ConflictError(
                f"The source {source.name!r} has the tracking plan {other.name!r} already.",
                hint="Remove it from that one first: a source has one plan at most.",
            )
        if plan.type is not PlanType.LIVE:
            raise InvalidError(
                f"trackingPlanId: {plan.name!r} is of the type {plan.type}, and no source is "
                "governed by such.",
                field="trackingPlanId",
                hint="Connect one of the type LIVE.",
            )
        store.connect(step.connection, plan_id, source_id, now=step.now)
        now = _Connected(source_id, source.name)
        step.record(modified(SUBJECT, plan_id, None, now, name=plan.name))


def disconnect(changes: Changes, by: Principal, plan_id: str, source_id: str) -> None:
    """Take a plan from a source. Raises ForbiddenError and NotFoundError."""
    by.require(Permission.PLAN_ADMIN)
    with changes.change(by) as step:
        plan = store.plan(step.connection, by.workspace_id, plan_id)
        source = access_sources.changeable(step, by, source_id)
        if store.plan_of_source(step.connection, source_id) != plan_id:
            raise NotFoundError(
                f"The source {source.name!r} does not have the tracking plan {plan.name!r}."
            )
        store.disconnect(step.connection, source_id)
        was = _Connected(source_id, source.name)
        step.record(modified(SUBJECT, plan_id, was, None, name=plan.name))


def _bring(
    step: Step,
    by: Principal,
    plan: Plan,
    before: Sequence[Rule],
    wanted: Sequence[Rule],
    note: str,
) -> Plan:
    """Change, save and record the rules of a plan, where they change at all."""
    held = {rule.id: rule for rule in before}
    after = [_timed(rule, held.get(rule.id), step.now) for rule in wanted]
    same = {rule.id for rule in after if held.get(rule.id) == rule}
    if len(same) == len(before) == len(after):
        return plan
    store.replace_rules(step.connection, plan.id, before, after)
    changed = msgspec.structs.replace(plan, updated_at=step.now)
    store.update_plan(step.connection, changed)
    changed = _save(step, by, changed, sorted(after, key=lambda rule: rule.id), note)
    was = _Rules(plan.version, tuple(rule for rule in before if rule.id not in same))
    now = _Rules(changed.version, tuple(rule for rule in after if rule.id not in same))
    step.record(modified(f"{SUBJECT} Rules", plan.id, was, now, name=plan.name))
    return changed


def _timed(rule: Rule, held: Rule | None, now: int) -> Rule:
    """A rule with the times of its making and of its last change."""
    if held is None:
        return msgspec.structs.replace(rule, created_at=rule.created_at or now, updated_at=now)
    same = msgspec.structs.replace(rule, created_at=held.created_at, updated_at=held.updated_at)
    return held if same == held else msgspec.structs.replace(same, updated_at=now)


def _save(step: Step, by: Principal, plan: Plan, its_rules: Sequence[Rule], note: str) -> Plan:
    """Keep a plan's state as its next version."""
    number = store.keep_version(
        step.connection,
        plan.id,
        Saved(plan.name, plan.description, tuple(its_rules)),
        by=by.actor,
        by_name=by.name,
        note=note[:LONGEST_NOTE],
        now=step.now,
    )
    return msgspec.structs.replace(plan, version=number)


def _checked_name(name: str, others: Iterable[Plan]) -> str:
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidError(
            f"name: must be 1 to {LONGEST_NAME} printable characters.",
            field="name",
            hint="Say what the plan is for.",
        )
    if any(other.name == name for other in others):
        raise ConflictError(
            f"name: a tracking plan has the name {name!r} already.", hint="Choose another."
        )
    return name


def _checked_description(description: str) -> str:
    if len(description) > LONGEST_DESCRIPTION:
        raise InvalidError(
            f"description: must be at most {LONGEST_DESCRIPTION:,} characters.",
            field="description",
            hint="Say it shorter.",
        )
    return description.strip()
