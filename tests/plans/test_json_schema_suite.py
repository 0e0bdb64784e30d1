"""JSON Schema's own test suite (draft-07): what the validator says of it, and what plans do.

`make test` puts the suite where it is looked for.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema_rs import Draft7Validator, ValidationError

from headwater.errors import InvalidError
from headwater.plans.checking import check_schema
from headwater.plans.validators import compiled

SUITE = Path(sys.prefix) / "json-schema-test-suite"
DRAFT = SUITE / "tests" / "draft7"

FETCHING = {"refRemote.json", "optional/cross-draft.json"}
"""Whose schemas refer to other documents, which plans do not fetch."""


class Group(msgspec.Struct, frozen=True):
    """A schema of the suite, and instances with what is to be said of them."""

    file: str
    name: str
    schema: Any
    tests: list[tuple[str, Any, bool]]


@cache
def groups() -> list[Group]:
    if not (SUITE / ".installed").exists():
        pytest.fail(f"The JSON Schema test suite is not in {SUITE}: run `make test`.")
    return [
        Group(
            path.relative_to(DRAFT).as_posix(),
            group["description"],
            group["schema"],
            [(each["description"], each["data"], each["valid"]) for each in group["tests"]],
        )
        for path in sorted(DRAFT.rglob("*.json"))
        for group in json.loads(path.read_text("utf-8"))
    ]


@cache
def remotes() -> dict[str, Any]:
    folder = SUITE / "remotes"
    return {
        f"http://localhost:1234/{path.relative_to(folder).as_posix()}": json.loads(
            path.read_text("utf-8")
        )
        for path in folder.rglob("*.json")
    }


def wrong(validator: Draft7Validator, group: Group) -> Iterator[str]:
    for name, instance, is_valid in group.tests:
        if validator.is_valid(instance) is not is_valid:
            yield f"{group.file}: {group.name}: {name}"


def test_the_validator_passes_the_suite() -> None:
    found: list[str] = []
    count = 0
    for group in groups():
        validator = Draft7Validator(
            group.schema,
            validate_formats=group.file.startswith("optional/format"),
            retriever=lambda address: remotes()[address.partition("#")[0]],
        )
        found += wrong(validator, group)
        count += len(group.tests)
    assert found == []
    assert count > 1_400


def test_plans_validators_pass_it_but_for_what_would_have_to_be_fetched() -> None:
    found: list[str] = []
    refused: Counter[str] = Counter()
    for group in groups():
        try:
            found += wrong(compiled(group.schema), group)
        except ValidationError:
            refused[group.file] += 1
    assert found == []
    assert set(refused) == FETCHING


@pytest.mark.parametrize("strictness", ["errors", "validity"])
def test_both_ways_of_asking_say_the_same(strictness: str) -> None:
    for group in groups():
        if group.file in FETCHING:
            continue
        validator = compiled(group.schema)
        for _, instance, is_valid in group.tests:
            if strictness == "errors":
                assert (not list(validator.iter_errors(instance))) is is_valid
            else:
                assert validator.is_valid(instance) is is_valid


def test_schemas_that_plans_take_are_answered_as_the_suite_has_it_and_others_are_refused() -> None:
    taken = 0
    refused: list[InvalidError] = []
    for group in groups():
        if not isinstance(group.schema, dict):
            continue
        try:
            check_schema(group.schema)
        except InvalidError as error:
            refused.append(error)
        else:
            taken += 1
            assert not list(wrong(compiled(group.schema), group))
    assert taken > 250
    assert all((error.field or "").startswith("jsonSchema") and error.hint for error in refused)
