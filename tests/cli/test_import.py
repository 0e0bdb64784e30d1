"""`headwater import` without a server: what it refuses, prints and says."""

import json
from collections import Counter
from pathlib import Path

import pytest

from headwater.cli.import_ import FileOptions, import_, summary
from headwater.cli.progress_bar import import_progress
from headwater.cli.source_of import chosen
from headwater.errors import ConflictError, ImportFileError, NotFoundError
from headwater.imports.converting import Account
from headwater.imports.run import Progress, Result


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text("userId;plan\nu1;pro\n;free\n")
    return path


def test_a_dry_run_prints_the_events_and_the_rejected_lines(file, capsysbinary):
    import_(file, source="any", dry_run=True)
    said = capsysbinary.readouterr()
    assert json.loads(said.out) == {
        "type": "identify",
        "userId": "u1",
        "traits": {"plan": "pro"},
        "messageId": "dry-run-1-0",
    }
    assert said.err.startswith(b"line 3: no_user_anon_id")


def test_what_the_command_line_says_wins_over_the_mapping(file, tmp_path, capsysbinary):
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(
        '[file]\ndelimiter = ","\n[[events]]\nevent = "E"\nuserId = ["{userId}", "none"]\n'
    )
    reading = FileOptions(mapping=mapping, delimiter=";")
    import_(file, source="any", reading=reading, dry_run=True)
    lines = capsysbinary.readouterr().out.splitlines()
    assert [json.loads(line)["userId"] for line in lines] == ["u1", "none"]


@pytest.mark.parametrize("format", ["xml", "parquet", "xlsx"])
def test_a_file_that_is_not_of_the_named_format_is_refused(file, format):  # noqa: A002
    with pytest.raises(ImportFileError, match="cannot be read"):
        import_(file, source="any", reading=FileOptions(format=format), dry_run=True)


def test_a_file_that_is_not_there_is_refused_before_a_server_is_started(tmp_path):
    with pytest.raises(ImportFileError, match="There is no file"):
        import_(tmp_path / "none.csv", source="any")


@pytest.mark.parametrize("delimiter", ["::", "ab"])
def test_a_delimiter_is_one_character(file, delimiter):
    with pytest.raises(ImportFileError, match="delimiter"):
        import_(file, source="any", reading=FileOptions(delimiter=delimiter), dry_run=True)


SOURCES = [
    {"id": "id1", "slug": "shop", "name": "Shop", "writeKeys": ["k1"]},
    {"id": "id2", "slug": "shop_2", "name": "Twin", "writeKeys": ["k2"]},
    {"id": "id3", "slug": "shop_3", "name": "Twin", "writeKeys": []},
]


@pytest.mark.parametrize(("asked", "id_"), [("Shop", "id1"), ("shop_2", "id2"), ("id2", "id2")])
def test_a_source_is_found_by_name_slug_or_id(asked, id_):
    found = chosen(SOURCES, asked)
    assert found is not None
    assert found.id == id_
    assert not found.is_new


def test_a_source_that_does_not_exist_is_not_found():
    assert chosen(SOURCES, "New") is None


def test_a_name_that_two_sources_have_is_refused():
    with pytest.raises(ConflictError, match="2 sources"):
        chosen(SOURCES, "Twin")


def test_a_source_without_a_visible_write_key_is_refused():
    with pytest.raises(NotFoundError, match="no write key"):
        chosen(SOURCES, "id3")


def result(**values) -> Result:
    account = Account(rows=10, events=7, rejected=1, skipped=Counter({"a test": 2}))
    return Result(
        **{
            "id": "abc",
            "account": account,
            "acknowledged": 7,
            "resumed_after": 0,
            "rejected": Path("f.rejected.jsonl"),
        }
        | values
    )


def test_the_summary_accounts_for_every_row():
    assert summary("f.csv", "Shop", result()).splitlines() == [
        "f.csv into Shop: 10 rows, 7 events accepted, 1 rejected, 2 skipped.",
        "Skipped: 2 (a test).",
        "Rejected rows, with their reasons: f.rejected.jsonl",
    ]


def test_the_summary_tells_a_resumed_and_a_finished_import():
    assert "5 of the events were accepted in an earlier run" in summary(
        "f.csv", "Shop", result(resumed_after=5)
    )
    assert "Nothing was sent" in summary("f.csv", "Shop", result(was_finished=True))


def test_no_bar_is_drawn_where_there_is_no_terminal(capsys):
    with import_progress("file") as report:
        report(Progress(Account(), 0, 0.5))
    assert capsys.readouterr().err == ""
