"""What people set between `collected` and `accepted`: the stages of each source, in one order.

A program follows the steps. Feature packages (cleaning rules, tracking plans, …) make its stages;
`headwater.governing` has their order. A source that nothing is set for has no stages, and costs
nothing.

A stage keeps these promises:

- One verdict for each event, in their order. Events are altered in place, but what stands inside
  `properties`, `context` and `rest` may be shared with other events of its batch: copy before
  changing it (`headwater.pipeline.members` does).
- An event that no rule of it applies to is left exactly as it was.
- `touched` counts the events that each of its rules altered or decided on; whoever runs it takes
  the counts away.
- What it remembers of other events is in a `Memory`, is bounded, and is a function of the events
  in their order: after a crash it is made anew from the log's tail.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, TypeVar, runtime_checkable

from headwater.pipeline.beside import Beside
from headwater.pipeline.event import Drop, Event, Quarantine, Verdict
from headwater.spec import EVENT_TYPES
from headwater.spec.reasons import Reason

_T = TypeVar("_T")
_TYPES: Final = frozenset(EVENT_TYPES)
_TEXTS: Final = frozenset((str, type(None)))
_REQUIRED: Final = {"track": "event", "group": "group_id", "alias": "previous_id"}


class Stage(Protocol):
    """Some rules, over events of one source. `name` says which: `clean:ID`, `plan:ID`."""

    @property
    def name(self) -> str: ...

    @property
    def touched(self) -> "Counter[str]":
        """By rule's id: the events altered, dropped or kept aside since it was emptied."""
        ...

    def run(self, events: list[Event]) -> Sequence[Verdict]:
        """Decide on each event, and alter it in place."""
        ...


class NotingStage(Stage, Protocol):
    """A stage that writes something beside the events; whoever runs it takes that away."""

    @property
    def beside(self) -> Beside: ...


@runtime_checkable
class Apart(Protocol):
    """A stage that another process works for: it goes on with other events meanwhile.

    `begin` never waits for what it begins, and `finish` is called once for each, in their order,
    before the stage is given anything else.
    """

    @property
    def name(self) -> str: ...

    @property
    def touched(self) -> "Counter[str]": ...

    def run(self, events: list[Event]) -> Sequence[Verdict]: ...

    def begin(self, events: list[Event]) -> Any:
        """Give the events to the other process. What it returns is given to `finish`."""
        ...

    def finish(self, events: list[Event], begun: Any) -> Sequence[Verdict]:
        """Wait for what was begun, decide on each event, and alter it in place."""
        ...


class Begun:
    """What a stage has begun with some events, as a stage that ends it."""

    def __init__(self, stage: Apart, events: list[Event]) -> None:
        self.name = stage.name
        self._stage = stage
        self._failed: Exception | None = None
        try:
            self._begun = stage.begin(events)
        except Exception as error:
            self._failed = error

    @property
    def touched(self) -> "Counter[str]":
        return self._stage.touched

    def run(self, events: list[Event]) -> Sequence[Verdict]:
        """Decide on the events that were begun with."""
        if self._failed is not None:
            raise self._failed
        return self._stage.finish(events, self._begun)


class EachEvent:
    """The stage that is a function of one event. It counts in `touched` by itself, if at all."""

    def __init__(
        self,
        name: str,
        decide: Callable[[Event], Verdict],
        touched: "Counter[str] | None" = None,
    ) -> None:
        self.name = name
        self.touched: Counter[str] = Counter() if touched is None else touched
        self._decide = decide

    def run(self, events: list[Event]) -> Sequence[Verdict]:
        """Decide on each event by itself; one that the function fails at is kept aside."""
        decide = self._decide
        verdicts: list[Verdict] = []
        for event in events:
            try:
                verdicts.append(decide(event))
            except Exception as error:
                verdicts.append(failed(self.name, error))
        return verdicts


class Memory:
    """What stages remember of earlier events, by a name that also says with which settings.

    It outlives a program: the same rule in the next one goes on with what it knew.

    While `is_reminding`, events go through that went through before, for stages to remember them:
    one that anybody outside would notice (a function, which may call other systems) lets them pass
    untouched. So it does while `is_looking`, unless it can tell that nobody would notice.
    """

    def __init__(self, *, is_looking: bool = False) -> None:
        self.is_looking = is_looking
        self.is_reminding = False
        self._held: dict[str, Any] = {}
        self._asked: set[str] = set()

    def of(self, name: str, make: Callable[[], _T]) -> _T:
        """What is held under a name, or else what `make` makes."""
        self._asked.add(name)
        if name not in self._held:
            self._held[name] = make()
        held: _T = self._held[name]
        return held

    @property
    def is_used(self) -> bool:
        """Whether any stage remembers."""
        return bool(self._held)

    def forget(self) -> None:
        """Forget everything, and all that was handed out."""
        self._held.clear()
        self._asked.clear()

    def keep_asked(self) -> None:
        """Forget what was not asked for since the last call: before another program is made."""
        self._held = {name: held for name, held in self._held.items() if name in self._asked}
        self._asked.clear()


class Programs:
    """The stages of every source, made when they are first asked for."""

    def __init__(self, make: Callable[[str], Sequence[Stage]] = lambda _: ()) -> None:
        self._make = make
        self._made: dict[str, tuple[Stage, ...]] = {}
        self._apart: dict[str, int | None] = {}

    def of(self, source_id: str) -> tuple[Stage, ...]:
        """The stages of a source; none for most."""
        stages = self._made.get(source_id)
        if stages is None:
            stages = self._made[source_id] = tuple(self._make(source_id))
        return stages

    def apart(self, source_id: str) -> int | None:
        """Which stage of a source's is the first that another process works for; None for most."""
        if source_id not in self._apart:
            apart = (n for n, stage in enumerate(self.of(source_id)) if isinstance(stage, Apart))
            self._apart[source_id] = next(apart, None)
        return self._apart[source_id]


NO_PROGRAMS: Final = Programs()


def lead(
    stages: Sequence[Stage],
    events: list[Event],
    leave_out: Callable[[Event, Quarantine | Drop], None],
    touched: "Counter[str]",
    beside: Beside | None = None,
    *,
    is_all: bool = True,
) -> list[Event]:
    """The events that pass the stages; `leave_out` is told of the others, `touched` adds up, and
    so does `beside`, without which what stages write beside the events is thrown away. `is_all`
    says that no stage follows these, so that what passes must be events that can be accepted."""
    for stage in stages:
        verdicts = _verdicts(stage, events)
        # By its name, as asking for the protocol takes longer than many a rule.
        noted: Beside | None = getattr(stage, "beside", None)
        if noted is not None:
            (Beside() if beside is None else beside).take(noted)
        if stage.touched:
            touched.update(stage.touched)
            stage.touched.clear()
        events = _kept(events, verdicts, leave_out)
        if not events:
            return events
    return _kept(events, list(map(_unsound, events)), leave_out) if is_all else events


def _verdicts(stage: Stage, events: list[Event]) -> Sequence[Verdict]:
    """What a stage decides. One that fails as a whole keeps its events aside, as they were sent:
    nothing is lost, and no other source waits for them."""
    try:
        verdicts = stage.run(events)
        if len(verdicts) == len(events):
            return verdicts
        error: Exception = ValueError(f"{len(verdicts)} verdicts on {len(events)} events")
    except Exception as raised:
        error = raised
    return [failed(stage.name, error)] * len(events)


def _kept(
    events: list[Event],
    verdicts: Sequence[Verdict],
    leave_out: Callable[[Event, Quarantine | Drop], None],
) -> list[Event]:
    if not any(verdicts):
        return events
    kept = []
    for event, verdict in zip(events, verdicts, strict=True):
        if verdict is None:
            kept.append(event)
        else:
            leave_out(event, verdict)
    return kept


def failed(name: str, error: Exception) -> Quarantine:
    """The verdict on an event that a stage could not deal with."""
    return Quarantine(
        Reason.STAGE_FAILED, f"`{name}` failed: {type(error).__name__}: {error}"[:500]
    )


def _unsound(event: Event) -> Verdict:
    """Keep aside what stages have made something of that is no event any more."""
    kind = event.type
    if (
        kind in _TYPES
        and type(event.message_id) is str
        and type(event.event) in _TEXTS
        and type(event.user_id) in _TEXTS
        and type(event.anonymous_id) in _TEXTS
        and type(event.group_id) in _TEXTS
        and type(event.previous_id) in _TEXTS
        and type(event.name) in _TEXTS
        and type(event.category) in _TEXTS
        and (event.user_id is not None or event.anonymous_id is not None)
        and (kind not in _REQUIRED or getattr(event, _REQUIRED[kind]) is not None)
        and type(event.timestamp) is type(event.original_timestamp) is int
        and type(event.properties) is type(event.context) is type(event.rest) is dict
    ):
        return None
    return Quarantine(
        Reason.STAGE_FAILED, "The source's rules left no valid event: a required member is gone."
    )
