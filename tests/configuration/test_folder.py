"""The folder of files: every problem at once, nothing hostile, nothing rewritten for nothing."""

from pathlib import Path

import pytest

from headwater.configuration.folder import read, write

LABEL = "kind: label\nkey: environment\nvalue: production\n"


def problem(root: Path, text: str) -> str:
    (root / "a.yaml").write_text(text)
    [found] = read(root).problems
    return found.message


def test_a_file_is_read_with_its_defaults(tmp_path: Path) -> None:
    (tmp_path / "any").mkdir()
    (tmp_path / "any" / "where.yml").write_text("kind: source\nslug: shop\nname: Shop\n")

    found = read(tmp_path)

    assert found.problems == []
    assert found.documents["source", "shop"] == {
        "slug": "shop",
        "name": "Shop",
        "type": "server",
        "enabled": True,
        "labels": [],
        "settings": {},
    }


def test_hidden_files_and_others_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.yaml").write_text("kind: nonsense\n")
    (tmp_path / "README.md").write_text("kind: nonsense\n")

    assert read(tmp_path).problems == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("slug: shop\n", "kind: is missing"),
        ("kind: nonsense\n", "kind: 'nonsense' is none of workspace, label"),
        ("kind: source\nslug: shop\n", "name"),
        ("kind: source\nslug: shop\nname: S\nfoo: 1\n", "foo"),
        ("kind: source\nslug: shop\nname: S\nenabled: 3\n", "enabled"),
        ("kind: source\nslug: a\nslug: b\nname: S\n", "slug is given twice"),
        ("kind: [\n", "not YAML"),
        ("- a\n", "kind: is missing"),
        ("kind: query\nname: &a x\nsql: *a\n", "aliases are not taken"),
        ("kind: !!python/object/apply:os.system ['true']\n", "not YAML"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, text: str, said: str) -> None:
    assert said in problem(tmp_path, text)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: nonsense\n")
    (tmp_path / "b.yaml").write_text(LABEL)
    (tmp_path / "c.yaml").write_text(LABEL)

    first, second = read(tmp_path).problems

    assert first.path == "a.yaml"
    assert (second.path, "b.yaml too" in second.message) == ("c.yaml", True)


def test_a_file_that_says_the_same_keeps_its_place_and_its_comments(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(f"# why\n{LABEL}")
    documents = dict(read(tmp_path).documents)

    assert write(tmp_path, documents) == []
    assert (tmp_path / "mine.yaml").read_text().startswith("# why")


def test_a_resource_that_is_gone_loses_its_file_and_a_new_one_gets_one(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(LABEL)
    query = {"name": "每周订单", "sql": "SELECT 1", "description": ""}

    changed = write(tmp_path, {("query", "每周订单"): query})

    assert "old.yaml" in changed
    assert not (tmp_path / "old.yaml").exists()
    assert read(tmp_path).documents == {("query", "每周订单"): query}


def test_names_that_make_the_same_file_name_get_files_of_their_own(tmp_path: Path) -> None:
    documents = {
        ("query", name): {"name": name, "sql": "SELECT 1", "description": ""}
        for name in ("Orders", "orders", "ORDERS!")
    }

    write(tmp_path, documents)

    assert read(tmp_path).documents == documents
