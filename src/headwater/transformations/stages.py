"""From published transformations to the stages of a source."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from headwater import fql
from headwater.errors import FqlError
from headwater.pipeline.event import Drop, Event, Verdict
from headwater.pipeline.members import Change, View
from headwater.pipeline.program import EachEvent, Memory, Stage, failed
from headwater.transformations.hashing import hasher
from headwater.transformations.kinds import KINDS
from headwater.transformations.kinds.moving import allowing
from headwater.transformations.model import Definition, Published, Ready, Secrets
from headwater.transformations.places import Act, moved, on_places, place
from headwater.workspaces.model import Source

UNUSABLE = (ValueError, KeyError, FqlError, msgspec.ValidationError)


class TransformationStage:
    """One transformation over the events of its source that its condition admits."""

    def __init__(self, transformation_id: str, definition: Definition, secrets: Secrets) -> None:
        self.name = f"transform:{transformation_id}"
        self.touched: Counter[str] = Counter()
        self._id = transformation_id
        self._drop = Drop(f"rule:{transformation_id}") if definition.drop else None
        self._holds = fql.compile(definition.condition) if definition.condition else None
        self._acts = acts(definition, secrets)

    def run(self, events: list[Event]) -> Sequence[Verdict]:
        """Change the events that the condition admits; one that it fails at is kept aside."""
        if not events:
            return ()
        verdicts: list[Verdict] = [None] * len(events)
        view, holds, touched = View(events[0]), self._holds, 0
        for index, event in enumerate(events):
            try:
                view.event = event
                if holds is not None and not holds(view):
                    continue
                if self._drop is not None:
                    verdicts[index] = self._drop
                    touched += 1
                elif self._alter(event):
                    touched += 1
            except Exception as error:
                verdicts[index] = failed(self.name, error)
        if touched:
            self.touched[self._id] += touched
        return verdicts

    def _alter(self, event: Event) -> bool:
        is_changed = False
        for act in self._acts:
            is_changed = act(event) or is_changed
        return is_changed


def acts(definition: Definition, secrets: Secrets) -> list[Act]:
    """What is done to an event, in order. Raises one of UNUSABLE where it cannot be done."""
    found = [moved(e.old_name, e.new_name, is_kept=False) for e in definition.property_renames]
    found += [
        on_places(each.property_paths, _constantly(each.property_value))
        for each in definition.property_value_transformations
    ]
    found += [_defined(each.fql, each.property_name) for each in definition.fql_defined_properties]
    for operation in definition.operations:
        kind = KINDS.get(operation.kind)
        if kind is None:
            raise ValueError(f"{operation.kind!r} is none of {', '.join(KINDS)}")
        settings = msgspec.convert(operation.settings, type=kind.settings)
        found.append(kind.compiled(settings, secrets))
    hashed = definition.hash_properties
    if hashed is not None:
        change = hasher(hashed.algorithm, secrets.key, hashed.encoding)
        found.append(on_places(hashed.paths, change))
    if definition.allow_properties is not None:
        found.append(allowing(definition.allow_properties))
    if definition.new_event_name:
        found.append(_named(definition.new_event_name))
    return found


def _constantly(text: str) -> Change:
    return lambda _: text


def _defined(source: str, name: str) -> Act:
    value, at = fql.compile_value(source), place(name)

    def act(event: Event) -> bool:
        found = value(View(event))
        return False if found is None else at(event, lambda _: found)

    return act


def _named(name: str) -> Act:
    def act(event: Event) -> bool:
        if event.type == "track" and event.event != name:
            event.event = name
        elif event.type in ("page", "screen") and event.name != name:
            event.name = name
        else:
            return False
        return True

    return act


def stages(published: Published, source: Source, memory: Memory) -> Sequence[Stage]:  # noqa: ARG001
    """A stage for each transformation of a source, in their order."""
    return [stage(ready) for ready in published.transformations.get(source.id, ())]


def stage(ready: Ready) -> Stage:
    """The stage of one transformation. One that cannot be made keeps its events aside: none is to
    pass unhashed because of it."""
    made = ready.transformation
    try:
        if ready.secrets is None:
            raise ValueError("its secrets are sealed")
        return TransformationStage(made.id, made.definition, ready.secrets)
    except UNUSABLE as error:
        verdict = failed(f"transform:{made.id}", error)
        return EachEvent(f"transform:{made.id}", lambda _: verdict)
