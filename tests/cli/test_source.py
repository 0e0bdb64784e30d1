"""`headwater source` on a data folder at rest."""

import json
from pathlib import Path

import pytest

from headwater.cli import application
from headwater.errors import ConflictError, UnauthorizedError
from headwater.kit.claim import Claim


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEADWATER_DATA_DIR", str(tmp_path / "data"))


def run(*arguments: str) -> None:
    application()(arguments, result_action="return_value")


def test_a_source_is_made_with_its_id_and_write_key(capsys: pytest.CaptureFixture[str]) -> None:
    run("source", "create", "--name", "My Shop", "--type", "website")
    made = json.loads(capsys.readouterr().out)
    assert made["name"] == "My Shop"
    assert made["type"] == "website"
    assert made["id"]
    assert made["writeKeys"] == [made["writeKey"]]
    assert len(made["writeKey"]) == 25


def test_sources_are_listed_as_they_were_made(capsys: pytest.CaptureFixture[str]) -> None:
    run("source", "create", "--name", "One")
    one = json.loads(capsys.readouterr().out)
    run("source", "create", "--name", "二")
    two = json.loads(capsys.readouterr().out)
    run("source", "list")
    assert json.loads(capsys.readouterr().out) == [one, two]
    run("source", "list", "--format", "keys")
    assert capsys.readouterr().out == f"{one['writeKey']}\n{two['writeKey']}\n"


def test_the_token_is_kept_for_the_folders_owner_alone(tmp_path: Path) -> None:
    run("source", "list")
    token = tmp_path / "data" / "admin-token"
    assert token.stat().st_mode & 0o777 == 0o600
    assert token.read_text().startswith("hw_")


def test_a_wrong_token_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    run("source", "list")
    with pytest.raises(UnauthorizedError):
        run("source", "list", "--token", "guess")


def test_a_folder_in_use_without_a_server_is_told(tmp_path: Path) -> None:
    with Claim(tmp_path / "data"), pytest.raises(Exception, match="does not answer yet"):
        run("source", "create", "--name", "X")


def test_a_backup_needs_a_folder_at_rest_and_comes_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("source", "create", "--name", "Shop")
    with Claim(tmp_path / "data"), pytest.raises(ConflictError, match="Stop it"):
        run("backup", str(tmp_path / "b.tar.gz"))
    run("backup", str(tmp_path / "b.tar.gz"))
    run("restore", str(tmp_path / "b.tar.gz"), "--data-dir", str(tmp_path / "again"))
    capsys.readouterr()
    run("source", "list")
    before = json.loads(capsys.readouterr().out)
    run("source", "list", "--data-dir", str(tmp_path / "again"))
    assert json.loads(capsys.readouterr().out) == before
