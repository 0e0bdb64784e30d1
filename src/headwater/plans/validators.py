"""JSON Schemas (draft-07), compiled so that no schema and no event can make them run away.

Patterns are matched by an engine that is linear in the text: it has no look-around and no
back-references. Nothing is fetched: a `$ref` to elsewhere does not compile.
"""

from functools import lru_cache
from typing import Any, Final

import msgspec
from jsonschema_rs import Draft7Validator, RegexOptions

_PATTERNS: Final = RegexOptions(size_limit=1_000_000, dfa_size_limit=1_000_000)
_KEPT: Final = 4_096


def compiled(schema: dict[str, Any] | bool) -> Draft7Validator:
    """The validator of a schema. Raises jsonschema_rs.ValidationError where it is none."""
    return Draft7Validator(schema, pattern_options=_PATTERNS, validate_formats=True, offline=True)


@lru_cache(maxsize=_KEPT)
def validator(schema: bytes) -> Draft7Validator:
    """The validator of a schema's JSON; one that was compiled before is taken again."""
    return compiled(msgspec.json.decode(schema))
