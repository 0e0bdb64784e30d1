"""Every command and program in the README and the docs does what it says, against a real server."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from headwater.testing.whole import Whole

pytestmark = pytest.mark.whole

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "README.zh-CN.md", *(ROOT / "docs").glob("*.md")])
_BLOCK = re.compile(
    r"(?:<!-- (?P<note>run|not run): (?P<why>[^>]*?) -->\n)?```(?P<language>sh|python|sql|js)\n"
    r"(?P<code>.*?)```",
    re.DOTALL,
)


class Snippet(msgspec.Struct, frozen=True):
    """A block of code in a page. `note` says why it is not run here, if so."""

    language: str
    code: str
    note: str


def snippets(page: Path) -> list[Snippet]:
    """The blocks of a page, in order."""
    return [
        Snippet(match["language"], match["code"], match["note"] or "")
        for match in _BLOCK.finditer(page.read_text("utf-8"))
    ]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Whole, Path]]:
    """A server, and a folder that looks like a clone in which `make run` was called."""
    folder = tmp_path_factory.mktemp("clone")
    for name in (".venv", "examples", "docs"):
        (folder / name).symlink_to(Path(sys.prefix) if name == ".venv" else ROOT / name)
    data_dir = folder / "headwater-data"
    with Whole(
        data_dir,
        disk_reserve_bytes=0,
        load_interval_seconds=0.1,
        connections_folder=str(folder),
    ) as whole:
        whole.create_source("My first source", "server")
        yield whole, folder


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_snippets_of_a_page_run_in_order(workshop: tuple[Whole, Path], page: Path) -> None:
    whole, folder = workshop
    environment = whole.environment() | {
        "WRITE_KEY": whole.write_key,
        "TOKEN": whole.token,
        "HEADWATER_TOKEN": whole.token,
        "HEADWATER_URL": whole.url,
    }
    for snippet in snippets(page):
        if snippet.note:
            continue
        code = snippet.code.replace("http://127.0.0.1:8765", whole.url)
        done = _run(snippet.language, code, folder, environment)
        assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"
        whole.wait_until_loaded()


def _run(
    language: str, code: str, folder: Path, environment: dict[str, str]
) -> "subprocess.CompletedProcess[str]":
    """Run a snippet as its reader would, in the clone's folder."""
    commands = {
        "sh": ["bash", "-eu", "-c", code],
        "python": [sys.executable, "-c", code],
        "sql": [sys.executable, "-m", "headwater", "query", code],
    }
    path = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", "")])
    return subprocess.run(
        commands[language],
        cwd=folder,
        env=environment | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_two_readmes_hold_the_same_code() -> None:
    english, chinese = (snippets(ROOT / name) for name in ("README.md", "README.zh-CN.md"))
    assert english == chinese
    assert len(english) > 5


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
