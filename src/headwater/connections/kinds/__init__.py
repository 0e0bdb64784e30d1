"""The kinds of connection, each a file; told by the member that a definition has."""

from collections.abc import Mapping
from typing import Final

from headwater.connections.kinds import application, database, location, stream
from headwater.connections.kinds.model import Kind
from headwater.connections.model import Form
from headwater.errors import InvalidError, PullError
from headwater.imports.definition_file import loaded

_MODULES: Final = (database, application, stream, location)

KINDS: Final[Mapping[str, Kind]] = {module.KIND.name: module.KIND for module in _MODULES}


def kind_of(text: str, form: Form) -> Kind:
    """The kind that a definition is of. Raises PullError for a text that cannot be read, and
    InvalidError for one of no kind."""
    raw = loaded(text, f"definition.{form}", PullError)
    for kind in KINDS.values():
        if kind.member in raw:
            return kind
    members = ", ".join(f"`{kind.member}` ({name})" for name, kind in KINDS.items())
    raise InvalidError(
        "definition: it does not say what is read.",
        hint=f"It has one of the members {members}.",
        field="definition",
    )
