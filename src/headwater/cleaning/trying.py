"""The configurations that a trial of a cleaning rule compares."""

from collections.abc import Sequence

import msgspec

from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.cleaning import changing
from headwater.cleaning.model import PART, Published, Rule, order
from headwater.workspaces import store
from headwater.workspaces.model import Configuration


def without_and_with(
    changes: Changes, by: Principal, published: Configuration | None, rule: Rule
) -> tuple[Configuration, Configuration]:
    """The configuration as it is without a rule, and with it in its place.

    `published` has the parts of the other features, with their secrets in the open.
    """
    with changes.reading() as connection:
        configuration = store.configuration(connection)
        rules = changing.others(connection, by.workspace_id, rule)
    parts = {} if published is None else published.parts

    def having(rules: Sequence[Rule]) -> Configuration:
        part = Published({by.workspace_id: tuple(rules)})
        raw = msgspec.Raw(msgspec.json.encode(part))
        return msgspec.structs.replace(configuration, parts={**parts, PART: raw})

    return having(rules), having(sorted([*rules, rule], key=order))
