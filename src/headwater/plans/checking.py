"""What rules may be: refused is what could not be validated, or not within bounds."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from jsonschema_rs import ValidationError

from headwater.errors import InvalidError
from headwater.plans.model import (
    DEEPEST_SCHEMA,
    HIGHEST_VERSION,
    LARGEST_PLAN,
    LARGEST_SCHEMA,
    LONGEST_KEY,
    MOST_RULES,
    Rule,
    RuleType,
)
from headwater.plans.subschemas import Endless, Path, dotted, expanded, walk
from headwater.plans.validators import compiled

MOST_SUBSCHEMAS: Final = 5_000
"""Of one rule, with every reference written out: by this the work for one event is bounded."""
_DRAFTS: Final = tuple(f"http://json-schema.org/draft-0{n}/schema" for n in (4, 6, 7))


def check_rules(rules: Sequence[Rule]) -> None:
    """Raises InvalidError, which names the rule and the place in its schema."""
    if len(rules) > MOST_RULES:
        raise InvalidError(
            f"rules: a plan has at most {MOST_RULES:,} rules, and these are {len(rules):,}.",
            field="rules",
            hint="Use several plans.",
        )
    seen: dict[object, int] = {}
    size = 0
    for index, rule in enumerate(rules):
        field = f"rules.{index}"
        if rule.id in seen:
            raise InvalidError(
                f"{field}: {rule.id} is there already, as rules.{seen[rule.id]}.",
                field=field,
                hint="Give each event's rules different versions.",
            )
        seen[rule.id] = index
        size += check_rule(rule, field)
    if size > LARGEST_PLAN:
        raise InvalidError(
            f"rules: these are {size:,} bytes of JSON Schema, and a plan has at most "
            f"{LARGEST_PLAN:,}.",
            field="rules",
            hint="Use several plans.",
        )


def check_rule(rule: Rule, field: str = "rule") -> int:
    """The bytes of a rule's schema. Raises InvalidError; `field` says where the rule stands."""
    if rule.type is RuleType.TRACK:
        if not rule.key or len(rule.key) > LONGEST_KEY:
            raise InvalidError(
                f"{field}.key: must be the event's name, of 1 to {LONGEST_KEY} characters.",
                field=f"{field}.key",
                hint="Names are compared exactly, letter case included.",
            )
    elif rule.key:
        raise InvalidError(
            f"{field}.key: a rule of the type {rule.type} has none: it is for all such calls.",
            field=f"{field}.key",
            hint="Leave key out.",
        )
    if not 0 <= rule.version <= HIGHEST_VERSION:
        raise InvalidError(
            f"{field}.version: must be a whole number from 0 to {HIGHEST_VERSION:,}.",
            field=f"{field}.version",
        )
    return check_schema(rule.json_schema, f"{field}.jsonSchema")


def check_schema(schema: dict[str, Any] | None, field: str = "jsonSchema") -> int:
    """The bytes of a schema. Raises InvalidError, which names the place in it."""
    if schema is None:
        return 0
    if _is_deeper(schema, DEEPEST_SCHEMA):
        raise InvalidError(
            f"{field}: is nested more than {DEEPEST_SCHEMA} levels deep.",
            field=field,
            hint="Say what is needed of the outer levels alone.",
        )
    size = len(msgspec.json.encode(schema))
    if size > LARGEST_SCHEMA:
        raise InvalidError(
            f"{field}: is {size:,} bytes long, and may be {LARGEST_SCHEMA:,}.",
            field=field,
            hint="Leave long lists of values out.",
        )
    _check_references(schema, field)
    try:
        compiled(schema)
    except ValidationError as error:
        raise _refusal(error, field) from error
    return size


def _is_deeper(value: object, levels: int) -> bool:
    held: list[object] = [value]
    for _ in range(levels + 1):
        held = [
            inner
            for each in held
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return bool(held)


def _check_references(schema: dict[str, Any], field: str) -> None:
    draft = schema.get("$schema")
    if draft is not None and not str(draft).rstrip("#").startswith(_DRAFTS):
        raise InvalidError(
            f"{field}.$schema: must be {_DRAFTS[-1]}#, and is {draft!r}.",
            field=f"{field}.$schema",
            hint="Schemas are read as draft-07.",
        )
    for path, each in walk(schema):
        if not isinstance(each, dict):
            continue
        if path and "$id" in each:
            raise _at(field, (*path, "$id"), "only the whole schema may have one", "Leave it out.")
        reference = each.get("$ref")
        if isinstance(reference, str) and reference != "#" and not reference.startswith("#/"):
            raise _at(
                field,
                (*path, "$ref"),
                f"{reference!r} is not within this schema, and nothing is fetched",
                "Put it into `definitions` and write #/definitions/NAME.",
            )
    try:
        size = expanded(schema)
    except Endless as error:
        raise InvalidError(
            f"{field}: the reference {error.reference!r} leads back to itself, or too far.",
            field=field,
            hint="Write out as many levels as events have.",
        ) from error
    except LookupError as error:
        raise InvalidError(
            f"{field}: the reference {error.args[0]!r} leads nowhere.",
            field=field,
            hint="Put what it names into `definitions`.",
        ) from error
    if size > MOST_SUBSCHEMAS:
        raise InvalidError(
            f"{field}: is {size:,} schemas with its references written out, and may be "
            f"{MOST_SUBSCHEMAS:,}.",
            field=field,
            hint="Say less of each part.",
        )


def _refusal(error: ValidationError, field: str) -> InvalidError:
    path = tuple(error.instance_path)
    hint = "Make it a JSON Schema of draft-07."
    if path and path[-1] == "pattern":
        hint = "Patterns have no look-around, no back-references and no large repetitions."
    elif path and path[-1] == "type":
        hint = "Types are string, number, integer, boolean, object, array and null."
    return _at(field, path, error.message[:300], hint)


def _at(field: str, path: Path, message: str, hint: str) -> InvalidError:
    where = f"{field}.{dotted(path)}" if path else field
    return InvalidError(f"{where}: {message}.", field=where, hint=hint)
