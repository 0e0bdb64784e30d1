"""A folder against a server: what it has, what would change, and the change itself."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from headwater.configuration.folder import Folder, Key
from headwater.configuration.model import Action, Api, Document, Noun, Remote, Step
from headwater.configuration.nouns import NOUNS, by_kind
from headwater.configuration.plan import plan
from headwater.configuration.references import comparable, references_in, resolved, written
from headwater.errors import BadRequestError


def pulled(api: Api, nouns: Iterable[Noun] = NOUNS) -> dict[Key, Remote]:
    """All that a server has of these nouns, by kind and key."""
    return {
        (noun.kind, noun.key(remote.document)): remote
        for noun in nouns
        for remote in noun.pull(api)
    }


def documents(there: Mapping[Key, Remote], folder: Folder) -> dict[Key, Document]:
    """What a server has as files say it; a secret keeps the reference that the folder has."""
    return {
        key: _kept(written(remote.document, key[1]), folder.documents.get(key, {}))
        for key, remote in there.items()
    }


def _kept(pulled_: Any, before: Any) -> Any:
    """What a server has, with the references that a folder has in the same places."""
    if isinstance(pulled_, dict) and isinstance(before, dict):
        return {name: _kept(inner, before.get(name)) for name, inner in pulled_.items()}
    is_secret = any(references_in(pulled_)) and any(references_in(before))
    return before if is_secret else pulled_


def steps(
    folder: Folder,
    there: Mapping[Key, Remote],
    environment: Mapping[str, str],
    root: Path,
    *,
    deletes: bool = True,
) -> list[Step]:
    """What applying the folder would do. Secrets that cannot be looked up count as unchanged."""

    def look_up(reference: str) -> str | None:
        try:
            return str(resolved(reference, environment, root))
        except BadRequestError:
            return None

    wanted = {
        key: comparable(document, there[key].document, look_up) if key in there else document
        for key, document in folder.documents.items()
    }
    return [
        msgspec.structs.replace(step, after=folder.documents[step.kind, step.key])
        if step.after is not None
        else step
        for step in plan(wanted, there, deletes=deletes)
    ]


def carry_out(
    planned: Sequence[Step],
    api: Api,
    environment: Mapping[str, str],
    root: Path,
    *,
    done: Callable[[Step], None] = lambda _: None,
) -> None:
    """Take the steps, one call after the other; `done` is told of each.

    Raises BadRequestError before the first where a secret is missing, and what the server says
    went wrong: the steps before that are done, and applying again goes on from there.
    """
    ready = [
        (step, None if step.after is None else resolved(step.after, environment, root))
        for step in planned
    ]
    for step, document in ready:
        noun = by_kind(step.kind)
        if step.action is Action.DELETE and noun.delete is not None and step.before is not None:
            noun.delete(api, step.before)
        elif document is not None and step.before is None:
            noun.create(api, document)
        elif document is not None and step.before is not None:
            noun.change(api, step.before, document)
        done(step)
