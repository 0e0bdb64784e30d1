"""The form of a transformation: what it shows, what was sent, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final, Self

import msgspec

from headwater import fql
from headwater.errors import HeadwaterError
from headwater.transformations.changing import Wanted
from headwater.transformations.kinds import KINDS
from headwater.transformations.model import (
    Definition,
    FqlDefinedProperty,
    HashProperties,
    Operation,
    PropertyRename,
    PropertyValueTransformation,
    Secrets,
    Transformation,
)
from headwater.transformations.stages import UNUSABLE
from headwater.web.frame import Visit
from headwater.web.settings_form import (
    Fault,
    Sent,
    fault_of,
    first_fault,
    fql_fault,
    in_words,
    last,
    rows,
    settings,
    within_bounds,
)
from headwater.workspaces import masks

ENCODINGS: Final = ("HEX", "BASE16", "BASE64", "BASE64URL")
_MOST: Final = 100
_FIELDS: Final = {
    "name": "name",
    "event": "event",
    "sourceId": "source",
    "if": "condition",
    "propertyRenames": "renames",
    "propertyValueTransformations": "values",
    "fqlDefinedProperties": "computed",
    "hashPropertiesConfiguration": "hash",
    "allowProperties": "allow",
}
"""The form's fields, by those that refusals name; any other refusal stands above the form."""

Pair = tuple[str, str]


class TransformationForm(msgspec.Struct, frozen=True, kw_only=True):
    """A transformation as its form shows it: pairs are the two fields of a row."""

    name: str = ""
    source: str = ""
    condition: str = ""
    drop: bool = False
    renames: Sequence[Pair] = ()
    values: Sequence[Pair] = ()
    computed: Sequence[Pair] = ()
    operations: Sequence[Operation] = ()
    hash_paths: Sequence[str] = ()
    hash_algorithm: str = "SHA256"
    hash_encoding: str = "HEX"
    hash_key: str = ""
    allows: bool = False
    allow: Sequence[str] = ()
    event_name: str = ""

    @classmethod
    def sent(cls, values: Sent) -> Self:
        """The form as it was sent, with its operations as its buttons have left them."""
        return cls(
            name=last(values, "name"),
            source=last(values, "source"),
            condition=last(values, "condition"),
            drop="drop" in values,
            renames=_pairs(values, "renames.old", "renames.new"),
            values=_pairs(values, "values.paths", "values.value"),
            computed=_pairs(values, "computed.name", "computed.fql"),
            operations=_operations(values),
            hash_paths=rows(values, "hash"),
            hash_algorithm=last(values, "hash.algorithm", "SHA256"),
            hash_encoding=last(values, "hash.encoding", "HEX"),
            hash_key=last(values, "hash.key"),
            allows="allows" in values,
            allow=rows(values, "allow"),
            event_name=last(values, "event_name").strip(),
        )


def form_of(made: Transformation, key: str) -> TransformationForm:
    """The form that shows a transformation; the key of its hashing only as a mask."""
    definition = made.definition
    hashed = definition.hash_properties or HashProperties("SHA256", ())
    return TransformationForm(
        name=made.name,
        source=made.source_id,
        condition=definition.condition,
        drop=definition.drop,
        renames=[(each.old_name, each.new_name) for each in definition.property_renames],
        values=[
            (", ".join(each.property_paths), each.property_value)
            for each in definition.property_value_transformations
        ],
        computed=[(each.property_name, each.fql) for each in definition.fql_defined_properties],
        operations=definition.operations,
        hash_paths=hashed.paths,
        hash_algorithm=hashed.algorithm,
        hash_encoding=hashed.encoding,
        hash_key=masks.shown({"key": key}, {"key"})["key"] if key else "",
        allows=definition.allow_properties is not None,
        allow=definition.allow_properties or (),
        event_name=definition.new_event_name,
    )


def wanted_of(form: TransformationForm) -> Wanted:
    """What a form asks for. Raises BadRequestError for what is longer than it may be."""
    definition: dict[str, Any] = {
        "condition": form.condition,
        "drop": form.drop,
        "property_renames": tuple(PropertyRename(*pair) for pair in form.renames),
        "property_value_transformations": tuple(
            PropertyValueTransformation(_listed(paths), value) for paths, value in form.values
        ),
        "fql_defined_properties": tuple(
            FqlDefinedProperty(source, name) for name, source in form.computed
        ),
        "operations": tuple(form.operations),
        "allow_properties": tuple(form.allow) if form.allows else None,
        "new_event_name": form.event_name,
        "hash_properties": None,
    }
    if form.hash_paths:
        definition["hash_properties"] = HashProperties(
            form.hash_algorithm, tuple(form.hash_paths), encoding=_encoding(form.hash_encoding)
        )
    return Wanted(
        name=form.name,
        source_id=form.source,
        definition=msgspec.structs.asdict(within_bounds(Definition(**definition))),
        key=form.hash_key.strip(),
    )


def fault_in(visit: Visit, form: TransformationForm, values: Sent) -> Fault | None:
    """What the form itself can tell to be wrong."""
    for field, pairs in (("renames", form.renames), ("computed", form.computed)):
        if any(not all(pair) for pair in pairs):
            return Fault(field, visit._("Please fill in both."))
    if any(not _listed(paths) for paths, _ in form.values):
        return Fault("values", visit._("Please say which members."))
    for _, source in form.computed:
        if fault := fql_fault(visit, "computed", source, fql.compile_value):
            return fault
    for index, operation in enumerate(form.operations):
        if fault := _fault_of(visit, index, operation, values):
            return fault
    return fql_fault(visit, "condition", form.condition)


def refused(visit: Visit, error: HeadwaterError) -> Fault:
    """A refusal, at the field that it is about."""
    problem = visit.problem(error)
    return Fault(_FIELDS.get(problem.field, ""), problem.message, problem.hint)


def prefix_of(index: int) -> str:
    """What the names of an operation's fields begin with."""
    return f"op.{index}."


def _fault_of(visit: Visit, index: int, operation: Operation, values: Sent) -> Fault | None:
    kind, prefix = KINDS[operation.kind], prefix_of(index)
    if fault := first_fault(kind.settings, values, visit, prefix):
        return fault
    try:
        kind.compiled(msgspec.convert(operation.settings, type=kind.settings), Secrets())
    except UNUSABLE as error:
        text = str(error).rstrip(".")
        found = fault_of(text, kind.settings, prefix) or Fault(f"op.{index}", text)
        return msgspec.structs.replace(found, message=in_words(visit, found.message))
    return None


def _operations(values: Sent) -> list[Operation]:
    """The operations that were sent, after what a button did to them: `op:add`, `op:up:1`, …."""
    found = [
        Operation(kind, settings(KINDS[kind].settings, values, prefix_of(index)))
        for index, kind in enumerate(values.get("op", ())[:_MOST])
        if kind in KINDS
    ]
    what, _, place = last(values, "act").removeprefix("op:").partition(":")
    at = int(place) if place.isdecimal() else -1
    if what == "add" and last(values, "new_op") in KINDS:
        found.append(Operation(last(values, "new_op")))
    elif 0 <= at < len(found):
        moved = found.pop(at)
        if what in ("up", "down"):
            found.insert(max(0, at - 1) if what == "up" else at + 1, moved)
        elif what != "away":
            found.insert(at, moved)
    return found


def _pairs(values: Sent, first: str, second: str) -> list[Pair]:
    both = zip_longest(values.get(first, ()), values.get(second, ()), fillvalue="")
    return [(a.strip(), b) for a, b in both if a.strip() or b.strip()][:_MOST]


def _listed(paths: str) -> tuple[str, ...]:
    return tuple(path.strip() for path in paths.split(",") if path.strip())


def _encoding(name: str) -> Any:
    return name if name in ENCODINGS else "HEX"


def deeds(visit: Visit, made: Transformation, names: Mapping[str, str]) -> list[str]:
    """What a transformation does, in a few words each. `names` are those of operations."""
    definition = made.definition
    found = []
    if definition.drop:
        found.append(visit._("leaves events out"))
    found += [f"{each.old_name} → {each.new_name}" for each in definition.property_renames[:2]]
    found += [
        f"{', '.join(each.property_paths)} = {each.property_value}"
        for each in definition.property_value_transformations[:2]
    ]
    found += [
        f"{each.property_name} = {each.fql}" for each in definition.fql_defined_properties[:2]
    ]
    found += [visit._(names.get(each.kind, each.kind)) for each in definition.operations[:3]]
    if definition.hash_properties is not None:
        found.append(visit._("hashes"))
    if definition.allow_properties is not None:
        found.append(visit._("keeps only some properties"))
    if definition.new_event_name:
        found.append(f"→ {definition.new_event_name}")
    return found
