"""The code that the console offers to copy, run as it stands: its events arrive."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from headwater.testing.whole import Whole
from headwater.web.install import Language, Place, filled, languages
from headwater.workspaces.model import Source, SourceType

pytestmark = pytest.mark.whole

_BY_ID = {language.id: language for language in languages()}
_CSV = "userId,event,timestamp,plan\nuser-1,Signed Up,2024-03-01T09:30:00Z,pro\n"
_ORDERS = "id,customer,total,ordered_at\nA-1,user-1,12.5,2024-03-01 09:30:00\n"
_JSON = '{"userId": "user-1", "event": "Signed Up", "properties": {"plan": "pro"}}\n'


def offered(whole: Whole, language: Language, name: str) -> Language:
    """A language's code for a new source of this name."""
    [kind, *_] = sorted(language.kinds)
    source_id, key = whole.create_source(name, kind)
    shown = httpx.get(
        f"{whole.url}/api/sources/{source_id}",
        headers={"Authorization": f"Bearer {whole.token}"},
    ).json()["data"]["source"]
    source = Source(source_id, "", name, shown["slug"], SourceType(kind), (key,), True, 0)
    return filled(language, Place(whole.url, source, key))


def count(whole: Whole, name: str) -> int:
    rows = [row for row in whole.ledger()["rows"] if row["source"] == name]
    return sum(row["loaded"] for row in rows)


@pytest.mark.parametrize("language", ["python", "node", "curl", "webhook"])
def test_the_code_sends_an_event(
    whole: Whole, node_modules: Path, tmp_path: Path, language: str
) -> None:
    name = f"Install {language}"
    code = offered(whole, _BY_ID[language], name).steps[-1].code
    # Node looks for packages in the folders above a module.
    folder = node_modules if language == "node" else tmp_path
    file = folder / f"install-{os.getpid()}.mjs" if language == "node" else tmp_path / "code"
    file.write_text(code)
    program = {"python": [sys.executable], "node": ["node"]}.get(language, ["bash", "-eu"])
    try:
        subprocess.run([*program, file], cwd=folder, check=True, timeout=60)
    finally:
        file.unlink()

    whole.wait_until(lambda: count(whole, name) == 1)


@pytest.mark.parametrize("language", ["csv", "jsonl", "mapping"])
def test_the_commands_import_a_file(whole: Whole, tmp_path: Path, language: str) -> None:
    name = f"Install {language}"
    steps = offered(whole, _BY_ID[language], name).steps
    (tmp_path / "events.csv").write_text(_CSV)
    (tmp_path / "events.jsonl").write_text(_JSON)
    (tmp_path / "orders.csv").write_text(_ORDERS)
    for step in steps:
        if step.syntax == "toml":
            (tmp_path / step.file).write_text(step.code)
            continue
        run(whole, step.code, tmp_path)

    whole.wait_until(lambda: count(whole, name) == 1)


def test_the_commands_bring_a_databases_rows(whole: Whole, tmp_path: Path) -> None:
    export, importing = offered(whole, _BY_ID["sqlite"], "Install sqlite").steps
    assert "FROM users" in export.code
    (tmp_path / "users.csv").write_text(
        "userId,timestamp,traits.email,traits.plan\n1,2024-03-01 09:30:00,a@example.com,pro\n"
    )
    run(whole, importing.code, tmp_path)

    whole.wait_until(lambda: count(whole, "Install sqlite") == 1)
    [row] = whole.query("SELECT email, plan FROM install_sqlite.identifies")
    assert row == {"email": "a@example.com", "plan": "pro"}


def run(whole: Whole, code: str, folder: Path) -> None:
    environment = whole.environment() | {
        "HEADWATER_URL": whole.url,
        "HEADWATER_TOKEN": whole.token,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    subprocess.run(["bash", "-eu", "-c", code], cwd=folder, env=environment, check=True, timeout=60)
