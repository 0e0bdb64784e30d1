"""Sync rules, as principals see and change them: checked, audited, published."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection

from headwater.access.audit import created, deleted, modified
from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.access.permissions import Permission
from headwater.errors import ConflictError, InvalidError, NotFoundError
from headwater.naming import column_name
from headwater.syncing import store
from headwater.syncing.model import EVERY, MOST, Policy, Rule, RuleSet, Subject, SyncRule
from headwater.workspaces.store import sources

SUBJECT: Final = "Sync Rule"
_LONGEST_TRAIT: Final = 200


def listed(changes: Changes, by: Principal) -> list[SyncRule]:
    """The workspace's, people first, by trait. Raises ForbiddenError."""
    by.require(Permission.PLAN_READ)
    with changes.reading() as connection:
        return store.rules(connection, by.workspace_id)


def rule_set(found: Iterable[SyncRule], subject: Subject) -> dict[str, Rule]:
    """The rules of a subject, by trait."""
    return {each.trait: each.rule for each in found if each.subject is subject}


def one(changes: Changes, by: Principal, subject: Subject, trait: str) -> SyncRule:
    """The rule of a trait. Raises ForbiddenError and NotFoundError."""
    return _one(listed(changes, by), subject, trait_of(trait))


def put(changes: Changes, by: Principal, subject: Subject, trait: str, rule: Rule) -> SyncRule:
    """Set the rule of a trait. Raises ForbiddenError, InvalidError and ConflictError."""
    by.require(Permission.PLAN_ADMIN)
    with changes.change(by) as step:
        name = trait_of(trait)
        check(step.connection, by.workspace_id, rule)
        found = store.rules(step.connection, by.workspace_id)
        before = next((e for e in found if (e.subject, e.trait) == (subject, name)), None)
        if before is not None and before.rule == rule:
            return before
        if before is None and len(found) >= MOST:
            raise ConflictError(f"There are {MOST} sync rules, which is as many as there may be.")
        after = SyncRule(subject, name, rule, step.now)
        store.keep(step.connection, by.workspace_id, after)
        key, label = f"{subject}/{name}", f"{subject}: {name}"
        step.record(
            created(SUBJECT, key, after, name=label)
            if before is None
            else modified(SUBJECT, key, before, after, name=label)
        )
    return after


def remove(changes: Changes, by: Principal, subject: Subject, trait: str) -> None:
    """Remove the rule of a trait. Raises ForbiddenError and NotFoundError."""
    by.require(Permission.PLAN_ADMIN)
    with changes.change(by) as step:
        gone = _one(store.rules(step.connection, by.workspace_id), subject, trait_of(trait))
        store.remove(step.connection, by.workspace_id, subject, gone.trait)
        key = f"{subject}/{gone.trait}"
        step.record(deleted(SUBJECT, key, gone, name=f"{subject}: {gone.trait}"))


def proposed(
    changes: Changes, by: Principal, subject: Subject, trait: str, rule: Rule | None
) -> tuple[RuleSet, RuleSet]:
    """The rules of a subject as they are and as they would be, None being without the trait's.

    Raises ForbiddenError and InvalidError."""
    by.require(Permission.PLAN_READ)
    name = trait_of(trait)
    with changes.reading() as connection:
        before = rule_set(store.rules(connection, by.workspace_id), subject)
        if rule is not None:
            check(connection, by.workspace_id, rule)
    after = {key: value for key, value in before.items() if key != name}
    return before, after if rule is None else {**after, name: rule}


def trait_of(named: str) -> str:
    """A trait as its column is named, by the key that is sent or by the column's name."""
    if named == EVERY:
        return EVERY
    if not named.strip() or len(named) > _LONGEST_TRAIT:
        raise InvalidError(
            "trait: is to be a trait's name.", field="trait", hint="* is the rule of every trait."
        )
    return column_name(named)


def check(connection: Connection, workspace_id: str, rule: Rule) -> None:
    """Refuse a rule that names a source twice or one that is not there. Raises InvalidError."""
    known = {each.slug for each in sources(connection, workspace_id)}
    for field, named in (
        ("order", rule.order or ()),
        ("exclude", rule.exclude or ()),
        ("sourceFreshDays", tuple(rule.source_fresh_days or ())),
    ):
        if len(set(named)) < len(named):
            raise InvalidError(f"{field}: names a source twice.", field=field)
        for slug in named:
            if slug not in known:
                raise InvalidError(
                    f"{field}: there is no source {slug!r}.",
                    field=field,
                    hint=f"Sources by their slugs: {', '.join(sorted(known)) or 'none'}.",
                )
    if rule.policy is Policy.SOURCE_ORDER and rule.order == ():
        raise InvalidError(
            "order: names no source.", field="order", hint="Name the source that comes first."
        )


def _one(found: Iterable[SyncRule], subject: Subject, trait: str) -> SyncRule:
    for each in found:
        if (each.subject, each.trait) == (subject, trait):
            return each
    raise NotFoundError(f"There is no sync rule of {trait!r} of {subject}.")
