"""The way from what a server has to what a folder says. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headwater.configuration.folder import Key
from headwater.configuration.model import Action, Difference, Document, Remote, Step
from headwater.configuration.nouns import NOUNS


def plan(
    wanted: Mapping[Key, Document], there: Mapping[Key, Remote], *, deletes: bool = True
) -> list[Step]:
    """The steps, in the order in which they can be carried out: what others rest on comes first,
    and goes last. What is equal needs none."""
    steps: list[Step] = []
    for noun in NOUNS:
        keys = sorted(each for each in wanted if each[0] == noun.kind)
        found = (_step(key, wanted[key], there.get(key)) for key in keys)
        steps += [step for step in found if step is not None]
    if deletes:
        for noun in reversed(NOUNS):
            if noun.delete is not None:
                gone = sorted(k for k in there.keys() - wanted.keys() if k[0] == noun.kind)
                steps += [Step(Action.DELETE, *key, there[key], None) for key in gone]
    return steps


def _step(key: Key, wanted: Document, there: Remote | None) -> Step | None:
    if there is None:
        return Step(Action.CREATE, *key, None, wanted)
    found = tuple(differences(there.document, wanted))
    return Step(Action.CHANGE, *key, there, wanted, found) if found else None


def differences(before: Any, after: Any, path: str = "") -> Iterator[Difference]:
    """What is unlike in two documents, by the deepest members that differ."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted({*before, *after}):
            inner = f"{path}.{name}" if path else str(name)
            yield from differences(before.get(name), after.get(name), inner)
    elif before != after:
        yield Difference(path, before, after)


def touched_members(step: Step) -> Sequence[str]:
    """The top members of the document that a step changes."""
    return sorted({each.path.partition(".")[0] for each in step.differences})
