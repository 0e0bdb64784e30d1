"""One column's values from events loaded before, as loading them anew would give them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import pyarrow as pa

from headwater.loading.losses import Losses
from headwater.loading.model import ARROW_TYPES, Column, ConflictReason
from headwater.loading.values import MISFIT, fit, json_text

_decode = msgspec.json.Decoder().decode


def refilled(
    texts: Sequence[str],
    column: Column,
    own: Mapping[str, Sequence[str | None]],
    losses: Losses,
) -> pa.Array:
    """The values of JSON objects, one a row, in a column of this type.

    `own` are the row's own name and category, where a property of that key may stand for them:
    what says the same as they do is left out (see Own in loading.shaped).
    """
    values: list[Any] = [None] * len(texts)
    for row, text in enumerate(texts):
        same = {(key,): members[row] for key, members in own.items()}
        found = list(_found(_decode(text), column, same))
        if not found:
            continue
        fitted = fit(found[0], column.type)
        if fitted is MISFIT:
            losses.add(row, column.name, found[0], ConflictReason.TYPE)
        else:
            values[row] = fitted
        for value in found[1:]:
            if json_text(value) != json_text(found[0]):
                losses.add(row, column.name, value, ConflictReason.NAME_COLLISION)
    return pa.array(values, ARROW_TYPES[column.type])


def _found(document: Any, column: Column, same: Mapping[Any, str | None]) -> Iterator[Any]:
    """The values of a column's paths that are neither null nor an object, in precedence."""
    for path in column.paths:
        value = document
        for key in path:
            value = value.get(key) if type(value) is dict else None
        if value is None or type(value) is dict:
            continue
        if path not in same or value != same[path]:
            yield value
