"""Every text of the console is said in every language."""

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from headwater.web import texts
from headwater.web.translation import FOLDER, LANGUAGES, choose, translator


@pytest.mark.parametrize("locale", [each for each in LANGUAGES if each != "en"])
def test_no_text_is_missing_fuzzy_unused_or_said_in_two_ways(locale: str) -> None:
    faults = list(texts.faults(locale))
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*/*.po")), ids=lambda path: path.stem)
def test_a_catalogue_holds_no_text_twice(path: Path) -> None:
    # Babel keeps the last of two entries and says nothing.
    written = path.read_text("utf-8").count("\nmsgid ")
    with path.open("rb") as file:
        assert len(read_po(file)) in (written, written - 1)


def test_the_tool_finds_the_texts_of_templates_and_of_code() -> None:
    found = texts.used()
    assert found["Sign in"].where.startswith("templates/gate/")
    assert found["The name is changed."].where.startswith("pages/")
    assert "Workspace Owner" in found


@pytest.mark.parametrize(
    ("accepted", "locale"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh_CN"),
        ("zh", "zh_CN"),
        ("zh-Hans-CN", "zh_CN"),
        ("en-GB,zh;q=0.5", "en"),
        ("zh;q=0.3,en;q=0.7", "en"),
        ("fr-FR,fr", "en"),
        ("", "en"),
        (";;;q=x,,", "en"),
        ("zh;q=0", "en"),
    ],
)
def test_the_browsers_languages_choose_the_best_of_ours(accepted: str, locale: str) -> None:
    assert choose(accepted=accepted) == locale


def test_a_wish_goes_before_what_the_browser_asks_for() -> None:
    assert choose("", "zh_CN", accepted="en") == "zh_CN"
    assert choose("nonsense", accepted="zh") == "zh_CN"


def test_an_errors_message_is_translated_with_what_it_names() -> None:
    chinese = translator("zh_CN")
    assert chinese.problem("must have 10 to 200 characters.") == "长度须为 10 到 200 个字符。"
    assert chinese.problem("There is no user 'u1'.") == "没有用户 'u1'。"
    assert chinese.problem("Something never said.") == "Something never said."
    assert translator("en").problem("There is no user 'u1'.") == "There is no user 'u1'."
