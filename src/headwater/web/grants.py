"""Roles on parts of a workspace, as forms offer them and pages tell them.

A form has rows of two choices: a role, and where it holds: `WORKSPACE`, `SOURCE`, `SOURCE:<id>`,
`LABEL:<key>=<value>`, or any other kind of resource. A row without a role is no grant.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from headwater.access.changes import Changes
from headwater.access.model import Grant, Principal, Reach
from headwater.access.permissions import Kind
from headwater.access.roles import ROLES, Role
from headwater.errors import InvalidError
from headwater.web.navigation import N_
from headwater.web.translation import Translator
from headwater.workspaces import labels, store
from headwater.workspaces.model import Label

_KINDS: Final[Mapping[Kind, str]] = {
    Kind.WORKSPACE: N_("The whole workspace"),
    Kind.SOURCE: N_("All sources"),
    Kind.WAREHOUSE: N_("All warehouses"),
    Kind.FUNCTION: N_("All functions"),
    Kind.SPACE: N_("All spaces"),
}
_OFFERED: Final = (Kind.WORKSPACE, Kind.SOURCE, Kind.WAREHOUSE)


class Row(msgspec.Struct, frozen=True):
    """A row of the form, and of what a page tells."""

    role: str
    scope: str


class Places(msgspec.Struct, frozen=True):
    """What there is in a workspace that a role can be limited to."""

    sources: Mapping[str, str]
    labels: tuple[Label, ...]


class GrantsForm(msgspec.Struct):
    """The rows as they are sent."""

    role: list[str] = []
    scope: list[str] = []

    def grants(self) -> tuple[Grant, ...]:
        """What the rows give. Raises InvalidError."""
        return tuple(
            Grant(_role(role), (reach_of(scope),))
            for role, scope in zip(self.role, self.scope, strict=False)
            if role
        )


def places(changes: Changes, by: Principal) -> Places:
    """The caller's workspace's sources and labels. Blocks: for a thread."""
    with changes.reading() as connection:
        return Places(
            {each.id: each.name for each in store.sources(connection, by.workspace_id)},
            tuple(each.label for each in labels.labels(connection, by.workspace_id)),
        )


def scopes(known: Places, translator: Translator) -> list[tuple[str, str]]:
    """The choices of where a role holds: value and text."""
    return [
        *((kind.value, translator.gettext(_KINDS[kind])) for kind in _OFFERED),
        *((f"SOURCE:{id_}", name) for id_, name in known.sources.items()),
        *((f"LABEL:{each.key}={each.value}", f"{each.key}: {each.value}") for each in known.labels),
    ]


def roles(translator: Translator) -> list[tuple[str, str]]:
    """The choices of roles: value and text."""
    return [(role.value, translator.gettext(row.name)) for role, row in ROLES.items()]


def rows(grants: Iterable[Grant]) -> list[Row]:
    """The grants as rows of the form."""
    return [Row(grant.role.value, _scope(reach)) for grant in grants for reach in grant.scope]


def told(grants: Iterable[Grant], known: Places, translator: Translator) -> list[Row]:
    """The grants as people read them; the whole workspace goes without saying."""
    return [
        Row(translator.gettext(grant.role.display_name), ", ".join(where))
        for grant in grants
        for where in [list(_where(grant.scope, known, translator))]
    ]


def reach_of(scope: str) -> Reach:
    """The part of a workspace that a choice stands for. Raises InvalidError."""
    kind, _, rest = scope.partition(":")
    if kind == "LABEL":
        key, _, value = rest.partition("=")
        return Reach(Kind.SOURCE, labels=(Label(key, value),))
    try:
        return Reach(Kind(kind), rest)
    except ValueError:
        raise InvalidError("scope: there is no such place.", field="scope") from None


def _scope(reach: Reach) -> str:
    if reach.labels:
        return f"LABEL:{reach.labels[0].key}={reach.labels[0].value}"
    return f"{reach.kind.value}:{reach.id}" if reach.id else reach.kind.value


def _where(scope: Sequence[Reach], known: Places, translator: Translator) -> Iterator[str]:
    for reach in scope:
        if reach.labels:
            yield ", ".join(f"{each.key}: {each.value}" for each in reach.labels)
        elif reach.id:
            yield known.sources.get(reach.id, reach.id)
        elif reach.kind is not Kind.WORKSPACE:
            yield translator.gettext(_KINDS[reach.kind])


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise InvalidError("role: there is no such role.", field="role") from None
