"""Comparing live traffic with accepted plans, again and again, and telling what drifts once."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import anyio
import anyio.to_thread

from headwater import mail
from headwater.access import members
from headwater.access.changes import Changes
from headwater.access.permissions import Permission
from headwater.errors import UnavailableError
from headwater.kit.logging import logger
from headwater.mail import Message
from headwater.plans import store as plan_store
from headwater.plans.drift import store
from headwater.plans.drift.amending import amended
from headwater.plans.drift.finding import drifts
from headwater.plans.drift.model import Drift, DriftKind, Status
from headwater.plans.inferring.observing import Observer
from headwater.plans.model import Plan, PlanType, Rule
from headwater.settings import Settings
from headwater.workspaces import store as workspaces

_DAY: Final = 86_400_000_000
_KEPT: Final = 90 * _DAY
_EVENTS: Final = 5_000
"""Of each source, that are looked at in one check."""
_LOOK_SECONDS: Final = 30.0
_MOST_TOLD: Final = 20

Sampling = Callable[[Collection[str], int, int], Iterator[tuple[str, int, Mapping[str, Any]]]]

_log = logger("plans")

_SAID: Final = {
    DriftKind.NEW_EVENT: "is sent, and not planned",
    DriftKind.NEW_PROPERTY: "is sent, and not planned",
    DriftKind.TYPE_CHANGED: "has another type",
    DriftKind.REQUIRED_MISSING: "is required, and missing",
    DriftKind.NEW_VALUE: "has a value that is not planned",
    DriftKind.RANGE_EXCEEDED: "is out of its range",
    DriftKind.FORMAT_BROKEN: "does not keep to its format",
}


class DriftWatch:
    """Checks plans that have sources, every so often; says what is new to whom it concerns."""

    def __init__(
        self,
        settings: Settings,
        changes: Changes,
        sample: Sampling,
        send: Callable[..., None] = mail.send,
    ) -> None:
        self._settings = settings
        self._changes = changes
        self._sample = sample
        self._send = send
        self._checked_at = changes.clock.now()

    async def run(self) -> None:
        """Check whenever it is time, until cancelled."""
        while True:
            await anyio.sleep(_LOOK_SECONDS)
            try:
                await anyio.to_thread.run_sync(self.check_when_due)
            except Exception:  # the next check may go well: nothing else is to end by it
                _log.exception("drift.not_checked")

    def check_when_due(self) -> bool:
        """Check all plans, if the interval has passed since the last time; whether it had."""
        minutes = self._settings.plan_drift_minutes
        now = self._changes.clock.now()
        if not minutes or now < self._checked_at + minutes * 60_000_000:
            return False
        self._checked_at = now
        with self._changes.reading() as connection:
            found = [
                (workspace.id, plan)
                for workspace in workspaces.workspaces(connection)
                for plan in plan_store.plans(connection, workspace.id, PlanType.LIVE)
            ]
        for workspace_id, plan in found:
            self.check(workspace_id, plan)
        return True

    def check(self, workspace_id: str, plan: Plan) -> list[Drift]:
        """Compare the last events of a plan's sources with it. Returns what is new."""
        now = self._changes.clock.now()
        with self._changes.reading() as connection:
            source_ids = plan_store.source_ids(connection, plan.id)
            rules = plan_store.rules(connection, plan.id)
        # What was sent before the plan became what it is does not speak against it.
        since = max(now - _DAY, plan.updated_at)
        observers: dict[str, Observer] = defaultdict(Observer)
        if source_ids:
            for source_id, at, event in self._sample(source_ids, _EVENTS, since):
                observers[source_id].see(event, at)
        found = {source_id: drifts(seen, rules) for source_id, seen in observers.items()}
        new: list[Drift] = []
        with self._changes.noting() as connection:
            for source_id, of_source in found.items():
                new += store.note(connection, workspace_id, plan.id, source_id, of_source, now=now)
            still = {each.id_in(plan.id) for of_source in found.values() for each in of_source}
            open_ = store.drifts(connection, plan.id, Status.OPEN)
            done = [each.id for each in open_ if each.id not in still and _is_admitted(each, rules)]
            store.settle(connection, done, Status.RESOLVED, by="", now=now)
            store.forget_before(connection, plan.id, now - _KEPT)
        self._tell(workspace_id, plan)
        return new

    def _tell(self, workspace_id: str, plan: Plan) -> None:
        """Mail what has not been told to everybody who may change the plan."""
        if not mail.is_configured(self._settings):
            return
        with self._changes.reading() as connection:
            untold = [
                each
                for each in store.drifts(connection, plan.id, Status.OPEN)
                if each.told_at is None
            ]
            addresses = [
                member.user.email
                for member in members.members(connection, workspace_id)
                if any(
                    grant.permits(Permission.PLAN_ADMIN, None)
                    for grant in members.grants_of(connection, workspace_id, member.user.id)
                )
            ]
        if not untold or not addresses:
            return
        subject, text = _letter(plan, untold, self._settings.public_url)
        try:
            self._send(self._settings, *(Message(to, subject, text) for to in addresses))
        except UnavailableError as error:
            _log.warning("drift.not_mailed", plan=plan.id, message=error.message)
            return
        with self._changes.noting() as connection:
            store.tell(connection, [each.id for each in untold], now=self._changes.clock.now())


def _is_admitted(drift: Drift, rules: Sequence[Rule]) -> bool:
    """Whether a plan would not be changed by a drift's amendment (any more)."""
    rule = next((each for each in rules if each.id == drift.rule), None)
    if rule is None:
        return drift.kind is not DriftKind.NEW_EVENT
    held = rule.json_schema or {}
    return drift.kind is DriftKind.NEW_EVENT or amended(held, drift.amendment) == held


def _letter(plan: Plan, untold: Sequence[Drift], public_url: str) -> tuple[str, str]:
    count = len(untold)
    subject = f"{plan.name}: {count} {'drift' if count == 1 else 'drifts'} from the tracking plan"
    lines = [f"What is sent differs from the tracking plan {plan.name}:", ""]
    lines += [f"- {written(each)}" for each in untold[:_MOST_TOLD]]
    if count > _MOST_TOLD:
        lines.append(f"- and {count - _MOST_TOLD} more")
    address = f"{public_url.rstrip('/')}/plans/{plan.id}/drift"
    lines += ["", "Take each into the plan, or dismiss it:", address, ""]
    lines.append("You are told of each once, because you may change tracking plans.")
    return subject, "\n".join(lines)


def written(drift: Drift) -> str:
    """A drift in one line.

    >>> from headwater.plans.model import RuleType
    >>> from headwater.plans.drift.model import Amendment
    >>> written(Drift(id="", plan_id="", source_id="", kind=DriftKind.TYPE_CHANGED,
    ...     type=RuleType.TRACK, key="Paid", version=1, path="properties.total", detail="string",
    ...     seen=30, of=100, amendment=Amendment("type"), status=Status.OPEN, first_seen=0,
    ...     last_seen=0))
    'Paid, properties.total: has another type (string), in 30 of 100'
    """
    place = f"{drift.key or drift.type.capitalize()}{', ' if drift.path else ''}{drift.path}"
    detail = f" ({drift.detail})" if drift.detail else ""
    return f"{place}: {_SAID[drift.kind]}{detail}, in {drift.seen:,} of {drift.of:,}"
