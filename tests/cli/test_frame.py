"""The frame of the command line: what is loaded when, and how failures end."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cyclopts import App

from headwater.cli import COMMANDS
from headwater.settings import options

HEAVY = ("alembic", "duckdb", "httpx", "pyarrow", "sqlalchemy", "sqlglot", "starlette", "uvicorn")


def headwater(
    *arguments: str, folder: Path, **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run the command in a folder, with no settings of the surroundings."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("HEADWATER_")}
    return subprocess.run(
        [sys.executable, "-m", "headwater", *arguments],
        cwd=folder,
        env=own | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_list_of_commands_loads_none_of_them() -> None:
    program = (
        "import sys, contextlib\n"
        "sys.argv = ['headwater', '--help']\n"
        "from headwater.cli import main\n"
        "with contextlib.suppress(SystemExit): main()\n"
        f"loaded = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "loaded += [name for name in sys.modules if name.startswith('headwater.cli.')]\n"
        "sys.exit(' '.join(loaded) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for command in COMMANDS:
        assert (f" {command.name} " in done.stdout) == command.is_shown


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_exists_and_says_what_it_does(command: object) -> None:
    assert isinstance(command, type(COMMANDS[0]))
    module, _, name = command.target.partition(":")
    target = getattr(importlib.import_module(f"headwater.cli.{module}"), name)
    assert target.help if isinstance(target, App) else target.__doc__


def test_the_version_is_told(tmp_path: Path) -> None:
    done = headwater("--version", folder=tmp_path)
    assert done.stdout.startswith("headwater 0.")


def test_an_unknown_command_ends_with_2(tmp_path: Path) -> None:
    assert headwater("swim", folder=tmp_path).returncode == 2


def test_an_unknown_option_names_the_one_meant(tmp_path: Path) -> None:
    done = headwater("settings", "--data-dri", "x", folder=tmp_path)
    assert done.returncode == 2
    assert "--data-dir" in done.stdout + done.stderr


def test_settings_that_cannot_be_are_told_all_at_once(tmp_path: Path) -> None:
    (tmp_path / "headwater.toml").write_text("prot = 1\n")
    done = headwater("serve", "--drain-seconds", "-1", folder=tmp_path, HEADWATER_PORT="http")
    assert done.returncode == 2
    assert done.stdout == ""
    for word in ("prot", "drain_seconds", "HEADWATER_PORT"):
        assert word in done.stderr


def test_a_failure_says_what_happened_and_what_to_do(tmp_path: Path) -> None:
    done = headwater("welcome", folder=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "No server runs on headwater-data." in done.stderr
    assert "headwater serve" in done.stderr


def test_every_option_of_a_server_is_on_its_command_line(tmp_path: Path) -> None:
    done = headwater("serve", "--help", folder=tmp_path, COLUMNS="200")
    for option in options():
        if option.name not in ("url", "token"):
            assert f"--{option.name.replace('_', '-')} " in done.stdout


def test_settings_tell_where_a_value_comes_from(tmp_path: Path) -> None:
    (tmp_path / "headwater.toml").write_text("drain_seconds = 7\n")
    done = headwater(
        "settings",
        "--host",
        "::1",
        folder=tmp_path,
        HEADWATER_PORT="9",
        HEADWATER_TOKEN="open-sesame",
    )
    lines = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()}
    assert lines["host"] == ["::1", "--host"]
    assert lines["port"] == ["9", "HEADWATER_PORT"]
    assert lines["drain_seconds"] == ["7.0", "headwater.toml"]
    assert lines["keep_alive_seconds"] == ["75.0", "default"]
    assert lines["token"] == ["(hidden)", "HEADWATER_TOKEN"]
    assert "open-sesame" not in done.stdout


def test_another_settings_file_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text("port = 9\n")
    done = headwater("settings", "--config", "other.toml", folder=tmp_path)
    assert "other.toml" in done.stdout
