"""The configurations that a trial of a transformation compares."""

from collections.abc import Sequence

import msgspec

from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.kit.vault import Vault
from headwater.transformations import changing
from headwater.transformations.model import PART, Published, Transformation
from headwater.transformations.opening import ready_of
from headwater.workspaces import store
from headwater.workspaces.model import Configuration


def without_and_with(
    changes: Changes,
    by: Principal,
    vault: Vault,
    published: Configuration | None,
    made: Transformation,
) -> tuple[Configuration, Configuration]:
    """The configuration as it is without a transformation, and with it in its place.

    `published` has the parts of the other features, with their secrets in the open.
    """
    with changes.reading() as connection:
        configuration = store.configuration(connection)
        others = changing.others(connection, by.workspace_id, made)
    parts = {} if published is None else published.parts

    def having(found: Sequence[Transformation]) -> Configuration:
        ordered = sorted(found, key=lambda each: (each.created_at, each.id))
        of_source = tuple(
            ready_of(each, vault) for each in ordered if each.source_id == made.source_id
        )
        raw = msgspec.Raw(msgspec.json.encode(Published({made.source_id: of_source})))
        return msgspec.structs.replace(configuration, parts={**parts, PART: raw})

    return having(others), having([*others, made])
