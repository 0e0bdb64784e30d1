"""Drifts, as principals see and settle them: checked and audited."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from headwater.access.audit import Change
from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.access.permissions import Permission
from headwater.errors import ConflictError, InvalidError
from headwater.plans import changing
from headwater.plans import store as plan_store
from headwater.plans.changing import Upsert
from headwater.plans.drift import store
from headwater.plans.drift.amending import amended
from headwater.plans.drift.model import Drift, Status
from headwater.plans.model import Rule, RuleId

SUBJECT: Final = "Tracking Plan Drift"
MOST: Final = 200
"""Drifts that are settled at once."""


class Patch(msgspec.Struct, frozen=True):
    """A rule as it is (None where there is none), and as it would be."""

    before: Rule | None
    after: Rule


def listed(changes: Changes, by: Principal, plan_id: str, status: str = "") -> list[Drift]:
    """Those of a plan, the newest first. Raises ForbiddenError and NotFoundError."""
    by.require(Permission.PLAN_READ)
    with changes.reading() as connection:
        plan_store.plan(connection, by.workspace_id, plan_id)
        return store.drifts(connection, plan_id, status)


def open_counts(changes: Changes, by: Principal) -> Mapping[str, int]:
    """How many wait of each plan. Raises ForbiddenError."""
    by.require(Permission.PLAN_READ)
    with changes.reading() as connection:
        return store.open_counts(connection, by.workspace_id)


def patches(drifts: Sequence[Drift], rules: Sequence[Rule]) -> list[Patch]:
    """The rules that drifts concern, as they would be with all of their amendments. Pure."""
    held = {rule.id: rule for rule in rules}
    made: dict[RuleId, Rule] = {}
    for drift in drifts:
        before = made.get(drift.rule) or held.get(drift.rule)
        schema = amended(before.json_schema if before else None, drift.amendment)
        rule = before or Rule(drift.type, drift.key, drift.version)
        made[drift.rule] = msgspec.structs.replace(rule, json_schema=schema)
    return [Patch(held.get(rule_id), rule) for rule_id, rule in made.items()]


def accept(changes: Changes, by: Principal, plan_id: str, drift_ids: Sequence[str]) -> None:
    """Take the patches of drifts into the plan, as one new version of it.

    Raises ForbiddenError, NotFoundError, InvalidError, and ConflictError where one is settled.
    """
    by.require(Permission.PLAN_ADMIN)
    wanted = _open(changes, by, plan_id, drift_ids)
    rules = changing.rules(changes, by, plan_id)
    upserts = [Upsert(patch.after) for patch in patches(wanted, rules)]
    note = f"{len(wanted)} {'drift' if len(wanted) == 1 else 'drifts'} accepted"
    # Cut off between the two, a drift is found to be admitted, and resolved, by the next check.
    changing.upsert_rules(changes, by, plan_id, upserts, note=note)
    _settle(changes, by, wanted, Status.ACCEPTED)


def dismiss(changes: Changes, by: Principal, plan_id: str, drift_ids: Sequence[str]) -> None:
    """Let the plan be as it is, and not be told again. Raises as `accept`."""
    by.require(Permission.PLAN_ADMIN)
    _settle(changes, by, _open(changes, by, plan_id, drift_ids), Status.DISMISSED)


def _open(changes: Changes, by: Principal, plan_id: str, drift_ids: Sequence[str]) -> list[Drift]:
    if not 0 < len(drift_ids) <= MOST:
        raise InvalidError(f"driftIds: must be 1 to {MOST}.", field="driftIds")
    with changes.reading() as connection:
        plan_store.plan(connection, by.workspace_id, plan_id)
        wanted = [store.drift(connection, plan_id, each) for each in dict.fromkeys(drift_ids)]
    for drift in wanted:
        if drift.status is not Status.OPEN:
            raise ConflictError(
                f"The drift {drift.id!r} is {drift.status} already.",
                hint="Load the list anew.",
            )
    return wanted


def _settle(changes: Changes, by: Principal, drifts: Sequence[Drift], status: Status) -> None:
    with changes.change(by) as step:
        ids = [drift.id for drift in drifts]
        store.settle(step.connection, ids, status, by=by.name or by.actor, now=step.now)
        for drift in drifts:
            after = msgspec.structs.replace(drift, status=status)
            step.record(
                Change(
                    f"{SUBJECT} {status.capitalize()}",
                    SUBJECT,
                    drift.id,
                    before=drift,
                    after=after,
                    name=drift.path or drift.key,
                )
            )
