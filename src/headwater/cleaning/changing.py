"""Cleaning rules, as principals see and change them: checked, audited, published."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from headwater import fql
from headwater.access.audit import created, deleted, modified
from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.access.permissions import Permission
from headwater.cleaning import store
from headwater.cleaning.kinds import KINDS
from headwater.cleaning.model import (
    LARGEST_SETTINGS,
    LONGEST_NAME,
    MOST_RULES,
    Rule,
    Scope,
)
from headwater.cleaning.stages import decider, in_turn
from headwater.errors import ConflictError, FqlError, InvalidError, NotFoundError
from headwater.kit import ids
from headwater.pipeline.program import Memory
from headwater.spec import EVENT_TYPES
from headwater.workspaces.store import sources

SUBJECT = "Cleaning Rule"
MOST_POSITION = 1_000_000
LONGEST_DESCRIPTION = 2_000


class Wanted(msgspec.Struct, frozen=True):
    """What is asked for of a rule; None leaves it as it is, or as it is at first."""

    name: str | None = None
    kind: str | None = None
    settings: Mapping[str, Any] | None = None
    scope: Scope | None = None
    enabled: bool | None = None
    position: int | None = None
    description: str | None = None


def listed(changes: Changes, by: Principal) -> list[Rule]:
    """The workspace's rules, in their order. Raises ForbiddenError."""
    by.require(Permission.PLAN_READ)
    with changes.reading() as connection:
        return in_turn(store.rules(connection, by.workspace_id))


def one(changes: Changes, by: Principal, rule_id: str) -> Rule:
    """One rule. Raises ForbiddenError and NotFoundError."""
    by.require(Permission.PLAN_READ)
    with changes.reading() as connection:
        return store.rule(connection, by.workspace_id, rule_id)


def create(changes: Changes, by: Principal, wanted: Wanted) -> Rule:
    """Make a rule. Raises ForbiddenError, InvalidError, and ConflictError for a name taken."""
    by.require(Permission.PLAN_ADMIN)
    with changes.change(by) as step:
        if len(store.rules(step.connection, by.workspace_id)) >= MOST_RULES:
            raise ConflictError(
                f"There are {MOST_RULES} cleaning rules, which is as many as there may be.",
                hint="Remove some, or put several paths into one rule.",
            )
        made = _put_together(
            Rule(
                id=ids.resource_id(),
                name="",
                kind="",
                position=store.next_position(step.connection, by.workspace_id),
                created_at=step.now,
            ),
            wanted,
            step.now,
        )
        checked(step.connection, by.workspace_id, made)
        store.insert_rule(step.connection, by.workspace_id, made)
        step.record(created(SUBJECT, made.id, made, name=made.name))
    return made


def change(changes: Changes, by: Principal, rule_id: str, wanted: Wanted) -> Rule:
    """Change what is asked for of a rule. Raises as `create`, and NotFoundError."""
    by.require(Permission.PLAN_ADMIN)
    with changes.change(by) as step:
        before = store.rule(step.connection, by.workspace_id, rule_id)
        after = _put_together(before, wanted, before.updated_at)
        if after == before:
            return before
        after = msgspec.structs.replace(after, updated_at=step.now)
        checked(step.connection, by.workspace_id, after, named=before.scope.sources)
        store.update_rule(step.connection, after)
        step.record(modified(SUBJECT, rule_id, before, after, name=after.name))
    return after


def reorder(changes: Changes, by: Principal, rule_ids: Sequence[str]) -> None:
    """Put rules in this order; those that are not named keep theirs, and come after. Raises
    ForbiddenError, and NotFoundError for a rule that there is not."""
    by.require(Permission.PLAN_ADMIN)
    with changes.change(by) as step:
        held = {each.id: each for each in store.rules(step.connection, by.workspace_id)}
        for rule_id in rule_ids:
            if rule_id not in held:
                raise NotFoundError(f"There is no cleaning rule {rule_id!r}.")
        for position, rule_id in enumerate(dict.fromkeys([*rule_ids, *held]), 1):
            before = held[rule_id]
            if before.position != position:
                after = msgspec.structs.replace(before, position=position, updated_at=step.now)
                store.update_rule(step.connection, after)
                step.record(modified(SUBJECT, rule_id, before, after, name=after.name))


def remove(changes: Changes, by: Principal, rule_id: str) -> None:
    """Remove a rule. Raises ForbiddenError and NotFoundError."""
    by.require(Permission.PLAN_ADMIN)
    with changes.change(by) as step:
        gone = store.rule(step.connection, by.workspace_id, rule_id)
        store.delete_rule(step.connection, rule_id)
        step.record(deleted(SUBJECT, rule_id, gone, name=gone.name))


def proposed(changes: Changes, by: Principal, wanted: Wanted, rule_id: str | None = None) -> Rule:
    """The rule as it would be, for a trial: nothing is kept. Raises as `create` and `change`."""
    by.require(Permission.PLAN_READ)
    with changes.reading() as connection:
        held = (
            Rule(
                id=ids.resource_id(),
                name="Trial",
                kind="",
                position=store.next_position(connection, by.workspace_id),
            )
            if rule_id is None
            else store.rule(connection, by.workspace_id, rule_id)
        )
        made = _put_together(held, msgspec.structs.replace(wanted, enabled=True), held.updated_at)
        checked(connection, by.workspace_id, made, is_kept=False, named=held.scope.sources)
    return made


def others(connection: Connection, workspace_id: str, besides: Rule) -> list[Rule]:
    """The rules that are on, but for one."""
    return [
        each
        for each in store.rules(connection, workspace_id)
        if each.enabled and each.id != besides.id
    ]


def _put_together(held: Rule, wanted: Wanted, now: int) -> Rule:
    given = {
        field: value for field, value in msgspec.structs.asdict(wanted).items() if value is not None
    }
    made = msgspec.structs.replace(held, **given, updated_at=now)
    scope = msgspec.structs.replace(made.scope, condition=made.scope.condition.strip())
    return msgspec.structs.replace(
        made, name=made.name.strip(), description=made.description.strip(), scope=scope
    )


def checked(
    connection: Connection,
    workspace_id: str,
    made: Rule,
    *,
    is_kept: bool = True,
    named: Sequence[str] = (),
) -> None:
    """Raises InvalidError, which names the field, and ConflictError for a name that is taken.

    `named` are sources that the rule named before: they may have been deleted since.
    """
    _check_words(made)
    if is_kept and store.is_named(connection, workspace_id, made.name, besides=made.id):
        raise ConflictError(
            f"A cleaning rule has the name {made.name!r} already.",
            hint="Choose another name, or change that rule.",
        )
    if not 0 <= made.position <= MOST_POSITION:
        raise InvalidError(f"position: must be 0 to {MOST_POSITION:,}.", field="position")
    _check_settings(made)
    known = {source.id for source in sources(connection, workspace_id)}
    _check_scope(made.scope, known.union(named))


def _check_words(made: Rule) -> None:
    if not made.name or len(made.name) > LONGEST_NAME or not made.name.isprintable():
        raise InvalidError(
            f"name: must be 1 to {LONGEST_NAME} printable characters.",
            field="name",
            hint="Say what the rule is for.",
        )
    if len(made.description) > LONGEST_DESCRIPTION:
        raise InvalidError(
            f"description: has more than {LONGEST_DESCRIPTION:,} characters.", field="description"
        )


def _check_settings(made: Rule) -> None:
    if made.kind not in KINDS:
        raise InvalidError(
            f"kind: {made.kind[:100]!r} is no kind of cleaning rule.",
            field="kind",
            hint=f"It is one of {', '.join(KINDS)}.",
        )
    if len(msgspec.json.encode(made.settings)) > LARGEST_SETTINGS:
        raise InvalidError(
            f"settings: are larger than {LARGEST_SETTINGS:,} bytes.", field="settings"
        )
    try:
        decider(made, Memory())
        kind = KINDS[made.kind]
        kind.require(msgspec.convert(made.settings, type=kind.settings))
    except FqlError as error:
        raise InvalidError(
            f"settings: {error.message}", field="settings", hint=error.hint
        ) from None
    except (ValueError, msgspec.ValidationError) as error:
        raise InvalidError(
            f"settings: {str(error).rstrip('.')}.",
            field="settings",
            hint=f"See the settings of {made.kind} in the documentation.",
        ) from None


def _check_scope(scope: Scope, known: set[str]) -> None:
    unknown = [each for each in scope.types if each not in EVENT_TYPES]
    if unknown:
        raise InvalidError(
            f"scope.types: {unknown[0][:100]!r} is no type of event.",
            field="scope.types",
            hint=f"It is one of {', '.join(EVENT_TYPES)}.",
        )
    strange = [each for each in scope.sources if each not in known]
    if strange:
        raise InvalidError(
            f"scope.sources: there is no source {strange[0][:100]!r}.", field="scope.sources"
        )
    if scope.condition:
        try:
            fql.compile(scope.condition)
        except FqlError as error:
            raise InvalidError(
                f"scope.condition: {error.message}", field="scope.condition", hint=error.hint
            ) from None
