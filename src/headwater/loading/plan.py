"""The fast way from JSON texts to columns, for rows like those seen before.

From what a table's catalogue knows of the keys, a plan makes a strict msgspec type, decodes many
objects in one call, and turns each key into one Arrow array. Whatever the catalogue does not
foresee (an unknown key, another type) raises UnplannedError: loading.generic takes those rows.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any, Union

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from headwater.loading.losses import Losses
from headwater.loading.model import ARROW_TYPES, Column, ColumnType, ConflictReason, Origin, Path
from headwater.loading.shaped import Own, Shaped, Silent, take_own
from headwater.loading.values import MISFIT, fit, json_text, kind_of, parse_time


class UnplannedError(Exception):
    """These rows hold something that the plan does not foresee."""


_STRICT: dict[ColumnType, Any] = {
    ColumnType.TEXT: str,
    ColumnType.INTEGER: int,
    ColumnType.FLOAT: float,
    ColumnType.BOOLEAN: bool,
    ColumnType.TIME: str,
}
_LOOSE: Any = str | int | float | bool | list[Any]

# The form in which JavaScript and most SDKs write times; Arrow's parser agrees with ours on it.
_USUAL_TIME = r"^[12][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z$"


_UNNAMEABLE = re.compile(r'[\x00-\x1f"\\]')
"""What msgspec does not admit in the name of a member."""

_FEW = 100
"""Below so many rows Arrow's fixed cost per call is more than what it saves."""


class _Node:
    """A key: the values below it, and the column of what stands at it."""

    def __init__(self) -> None:
        self.below: dict[str, _Node] = {}
        self.column: Column | None = None
        self.open = False  # an object was seen here, be it empty

    def at(self, path: Path) -> "_Node":
        node = self
        for key in path:
            node.open = True
            node = node.below.setdefault(key, _Node())
        return node


class Plan:
    """How to read the objects of one table; built from its columns and its silent paths."""

    def __init__(
        self,
        columns: Iterable[Column],
        origin: Origin,
        silent: Iterable[Silent],
        own: Iterable[str],
    ) -> None:
        root = _Node()
        root.open = True
        for path, opened in silent:
            node = root.at(path)
            node.open = node.open or opened
        for key in own:
            root.at((key,))
        self._own = {key: (key,) for key in own}
        self._columns = [c for c in columns if c.origin is origin and c.paths]
        for column in self._columns:
            for path in column.paths:
                root.at(path).column = column
        self._levels: list[_Level] = []
        kind = self._compile(root, ())
        self._decode = msgspec.json.Decoder(list[kind]).decode  # type: ignore[valid-type]

    def _compile(self, node: _Node, path: Path) -> Any:
        """The struct of an object, and how to read its members: parents come before children."""
        level = _Level(path)
        self._levels.append(level)
        fields: list[tuple[str, Any, Any]] = []
        rename: dict[str, str] = {}
        for number, (key, child) in enumerate(node.below.items()):
            if _UNNAMEABLE.search(key):
                continue  # rows that have it are the generic way's
            name = f"f{number}"
            rename[name] = key
            here = (*path, key)
            kinds: list[Any] = [None]
            mixed = False
            if child.open:
                kinds.append(self._compile(child, here))
            if child.column is not None:
                kinds.append(_LOOSE if child.column.loose else _STRICT[child.column.type])
                mixed = child.open
            elif here in self._own.values():
                kinds.append(str)
            fields.append((name, Union[tuple(kinds)], None))  # noqa: UP007
            level.members.append(_Member(here, attrgetter(name), child, mixed))
        level.struct = msgspec.defstruct(
            f"At_{len(path)}",
            fields,
            rename=rename,
            forbid_unknown_fields=True,
            gc=False,
        )
        return level.struct

    def shape(self, texts: pa.Array, own: Own, losses: Losses) -> Shaped:
        """The columns of JSON objects, one a row; as loading.generic gives them.

        Raises UnplannedError for what only loading.generic can take.
        """
        values = self._values(self._objects(texts))
        for key, mine in own.items():
            path = self._own[key]
            values[path] = take_own(values.get(path) or [None] * len(texts), mine)
        columns: dict[str, pa.Array] = {}
        used = {path for column in self._columns for path in column.paths}
        for path in self._own.values():
            if path not in used and any(value is not None for value in values[path]):
                raise UnplannedError
        for column in self._columns:
            cells = _first(
                [values[path] for path in column.paths if path in values], column, losses
            )
            if cells is not None:
                columns[column.name] = _array(cells, column, losses)
        return Shaped(columns, losses.found())

    def _objects(self, texts: pa.Array) -> list[Any]:
        try:
            objects: list[Any] = self._decode(joined(texts))
        except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
            raise UnplannedError from error
        if len(objects) != len(texts):
            raise UnplannedError
        return objects

    def _values(self, objects: list[Any]) -> dict[Path, list[Any]]:
        """The values at each path, row by row; paths with nothing at all are left out."""
        holders: dict[Path, list[Any]] = {(): objects}
        values: dict[Path, list[Any]] = {}
        for level in self._levels:
            held = holders.pop(level.path, None)
            if held is None:
                continue
            if level.path:
                empty = level.struct()
                held = [empty if each is None else each for each in held]
            for member in level.members:
                _share(member, list(map(member.get, held)), holders, values)
        return values


class _Member:
    """A key of an object: how to get it, and what is known to stand there."""

    def __init__(self, path: Path, get: Callable[[Any], Any], node: _Node, mixed: bool) -> None:
        self.path = path
        self.get = get
        self.node = node
        self.mixed = mixed


class _Level:
    """The members of the objects at one path."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.struct: Any = None
        self.members: list[_Member] = []


def _share(
    member: _Member,
    found: list[Any],
    holders: dict[Path, list[Any]],
    values: dict[Path, list[Any]],
) -> None:
    """Give what was found at a key to the columns, or to the level of the objects below it."""
    if member.mixed:
        below = [v if isinstance(v, msgspec.Struct) else None for v in found]
        here = [None if isinstance(v, msgspec.Struct) else v for v in found]
        holders[member.path], values[member.path] = below, here
    elif member.node.open:
        if any(value is not None for value in found):
            holders[member.path] = found
    else:
        values[member.path] = found


def joined(texts: pa.Array) -> bytes:
    """One JSON array of some JSON texts (at least one)."""
    if len(texts) < _FEW:
        return f"[{','.join(texts.to_pylist())}]".encode()
    rows = pa.LargeListArray.from_arrays(pa.array([0, len(texts)], pa.int64()), texts)
    body: bytes = pc.binary_join(rows, ",")[0].as_buffer().to_pybytes()
    return b"[" + body + b"]"


def _first(candidates: Sequence[list[Any]], column: Column, losses: Losses) -> list[Any] | None:
    """The values of a column's paths as one: of several in a row the first in precedence."""
    if not candidates:
        return None
    cells = candidates[0]
    for others in candidates[1:]:
        merged = list(cells)
        for row, value in enumerate(others):
            if value is None:
                continue
            if merged[row] is None:
                merged[row] = value
            elif json_text(value) != json_text(merged[row]):
                losses.add(row, column.name, value, ConflictReason.NAME_COLLISION)
        cells = merged
    return cells


def _array(cells: list[Any], column: Column, losses: Losses) -> pa.Array:
    if column.loose:
        return _loose_array(cells, column, losses)
    if column.type is ColumnType.TIME:
        return _times(cells)
    try:
        return pa.array(cells, ARROW_TYPES[column.type])
    except (OverflowError, pa.ArrowInvalid, UnicodeError) as error:
        raise UnplannedError from error


def _loose_array(cells: list[Any], column: Column, losses: Losses) -> pa.Array:
    kind = column.type
    values: list[Any] = [None] * len(cells)
    for row, value in enumerate(cells):
        if value is None:
            continue
        if kind is ColumnType.INTEGER and kind_of(value) is ColumnType.FLOAT:
            raise UnplannedError
        fitted = fit(value, kind)
        if fitted is MISFIT:
            losses.add(row, column.name, value, ConflictReason.TYPE)
        else:
            values[row] = fitted
    return pa.array(values, ARROW_TYPES[kind])


def _times(cells: list[Any]) -> pa.Array:
    texts = pa.array(cells, pa.string())
    if pc.all(pc.match_substring_regex(texts, _USUAL_TIME)).as_py() is not False:
        try:
            return pc.utf8_slice_codeunits(texts, 0, -1).cast(pa.timestamp("us"))
        except pa.ArrowInvalid:
            pass
    moments = [None if text is None else parse_time(text) for text in cells]
    if moments.count(None) != texts.null_count:
        raise UnplannedError
    return pa.array(moments, pa.timestamp("us"))
