"""What the page of transformations shows of each is what the pipeline makes."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from headwater.api.transformation_bodies import ChangeTransformation
from headwater.transformations.kinds import KINDS
from headwater.transformations.model import Definition, Operation, Secrets
from tests.pipeline.conftest import lead, stored
from tests.transformations.conftest import programs, track

PAGE = (Path(__file__).parents[2] / "docs" / "transformations.md").read_text("utf-8")
LINES = re.findall(r"^\| `(\{.*?\})` \| `(\{.*?\})` \| `(\{.*?\})` \|$", PAGE, re.MULTILINE)
MEMBERS = {
    "propertyRenames": "property_renames",
    "propertyValueTransformations": "property_value_transformations",
    "fqlDefinedProperties": "fql_defined_properties",
    "hashPropertiesConfiguration": "hash_properties",
    "allowProperties": "allow_properties",
}


def definition_of(does: dict[str, Any]) -> Definition:
    if "kind" in does:
        return Definition(operations=(Operation(**does),))
    body = msgspec.convert(does, type=ChangeTransformation)
    [(theirs, ours)] = [pair for pair in MEMBERS.items() if pair[0] in does]
    value = getattr(body, ours if ours != "hash_properties" else "hash_properties_configuration")
    assert theirs
    return Definition(**{ours: tuple(value) if isinstance(value, list) else value})


@pytest.mark.parametrize(("does", "before", "after"), LINES)
def test_a_line_of_the_page_is_what_the_pipeline_makes(does: str, before: str, after: str) -> None:
    made = programs(definition_of(json.loads(does)), secrets=Secrets())
    out = lead([stored([track(json.loads(before))])], programs=made)
    assert json.loads(out.row["properties"]) == json.loads(after)


def test_the_page_shows_each_kind_but_the_salted_hash_and_each_of_segments_members() -> None:
    shown = [json.loads(does) for does, _, _ in LINES]
    assert {does["kind"] for does in shown if "kind" in does} == set(KINDS) - {"hash"}
    assert {name for does in shown for name in does if name not in ("kind", "settings")} == set(
        MEMBERS
    )
