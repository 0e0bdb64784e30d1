"""The code that installs a source: whole in every language, with the source's own values."""

import re

import pytest

from headwater.web.install import FOLDER, Language, Place, filled, languages, languages_for
from headwater.workspaces.model import Source, SourceType

KEY = "c" + "k" * 24
SOURCE = Source(
    id="source-1",
    workspace_id="workspace",
    name="My Shop",
    slug="my_shop",
    type=SourceType.SERVER,
    write_keys=(KEY,),
    enabled=True,
    created_at=1,
)
PLACE = Place("http://events.example:8765", SOURCE, KEY)


@pytest.mark.parametrize("kind", SourceType)
def test_every_kind_of_source_has_a_way_in(kind: SourceType) -> None:
    assert languages_for(kind)


@pytest.mark.parametrize("language", languages(), ids=lambda each: each.id)
def test_a_languages_code_holds_the_key_or_the_source_and_no_open_place(
    language: Language,
) -> None:
    code = "\n".join(step.code for step in filled(language, PLACE).steps)
    assert not re.search(r"@[A-Z_]+@", code)
    assert KEY in code or "--source my_shop" in code
    assert "events.example:8765" in code or "--source my_shop" in code


def test_each_file_is_one_language() -> None:
    assert sorted(each.id for each in languages()) == sorted(
        path.stem for path in FOLDER.glob("*.toml")
    )
    assert {each.label for each in languages_for(SourceType.SERVER)} >= {
        *("Python", "Node.js", "Go", "Java", "Ruby", "PHP", "curl")
    }


def test_the_scheme_decides_what_libraries_are_told_about_it() -> None:
    [php] = [each for each in languages() if each.id == "php"]
    plain = filled(php, PLACE).steps[-1].code
    safe = filled(php, Place("https://e.example", SOURCE, KEY)).steps[-1].code
    assert '"host" => "events.example:8765", "ssl" => false' in plain
    assert '"host" => "e.example", "ssl" => true' in safe
