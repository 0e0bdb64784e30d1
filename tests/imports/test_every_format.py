"""The same rows in every format, however packed: equal events, also when imports are killed."""

import gzip
import importlib
import json
import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from headwater.imports.converting import FileEvents
from headwater.imports.formats import FORMATS
from headwater.imports.model import FileRules
from tests.imports.packing import PACKINGS

bench = importlib.import_module("bench.import")  # a keyword cannot be imported by its name

ROWS = 2_000
_FILES = (
    *("csv.gz", "csv.zip", "json.bz2", "json", "jsonl.zst", "jsonl.xz", "xml.gz", "xml.zip"),
    *("parquet", "parquet.gz", "xlsx", "xlsx.zip"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The orders in every format, and packed."""
    made = tmp_path_factory.mktemp("formats")
    for path in bench.write_files(made, list(FORMATS), ROWS).values():
        for suffix, pack in PACKINGS.items():
            if f"{path.name}{suffix}".removeprefix("orders.") in _FILES:
                path.with_name(f"{path.name}{suffix}").write_bytes(pack(path))
    return made


def test_the_same_rows_in_every_format_become_equal_events(folder: Path) -> None:
    found = {(made, digest) for made, digest, _ in map(bench.converted, _paths(folder))}
    assert [made for made, _ in found] == [ROWS]


def _paths(folder: Path) -> list[Path]:
    return [folder / f"orders.{name}" for name in _FILES] + [folder / "orders.csv"]


_IMPORT = """
import sys
from pathlib import Path
import httpx
from headwater.imports.mapping_file import parse_mapping
from headwater.imports.model import FileRules
from headwater.imports.run import Job, run_import
mapping = parse_mapping(Path(sys.argv[2]).read_text(), "m.toml")
with httpx.Client(base_url=sys.argv[1]) as client:
    for path in map(Path, sys.argv[4:]):
        run_import(Job(path=path, mapping=mapping, rules=FileRules(), source_id="s", write_key="k",
            data_dir=Path(sys.argv[3]), rejected=path.with_suffix(".rejected")), client)
"""


@pytest.fixture
def tracking() -> Iterator[tuple[str, Counter[bytes]]]:
    """The address of a tracking server, and how often it took each event."""
    taken: Counter[bytes] = Counter()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = gzip.decompress(self.rfile.read(int(self.headers["Content-Length"])))
            for event in json.loads(body)["batch"]:
                taken[json.dumps(event, sort_keys=True).encode()] += 1
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: Any) -> None:
            return None

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", taken
        server.shutdown()
        thread.join()


def test_imports_of_every_format_killed_at_any_moment_go_on_and_double_nothing(
    folder: Path, tmp_path: Path, tracking: tuple[str, Counter[bytes]]
) -> None:
    url, taken = tracking
    mapping = tmp_path / "m.toml"
    mapping.write_text(bench.MAPPING)
    command = [sys.executable, "-c", _IMPORT, url, str(mapping), str(tmp_path / "data")]
    command += map(str, _paths(folder))
    rng = random.Random(5)
    killed = 0
    for _ in range(4):
        with subprocess.Popen(command) as process:
            try:
                process.wait(rng.uniform(0.4, 0.9))
            except subprocess.TimeoutExpired:
                process.kill()
                killed += 1
    subprocess.run(command, check=True)
    assert killed
    # the same event may be sent again, by the same messageId, and never as another
    ids = Counter(json.loads(event)["messageId"] for event in taken)
    assert len(ids) == ROWS * (len(_FILES) + 1)
    assert set(ids.values()) == {1}


@pytest.mark.parametrize(
    ("name", "content", "events", "lines", "reason"),
    [
        ("cut.csv", b"userId,event\nu1,a\nu2", 1, [3], "1 fields"),
        ("open.csv", b'userId,event\nu1,a\nu2,"b\nu3,c\n', 1, [3], "never closed: 2 lines"),
        ("zeros.csv", b"userId,event\nu1,a\nu2,\0\0\0\nu3,c\n", 2, [3], "zero bytes"),
        (
            "bytes.csv",
            b"userId,event\n" + "用户,甲\n".encode() * 20 + b"\xd5\xfe,x\n",
            20,
            [22],
            "encoding",
        ),
        (
            "lines.jsonl",
            b'{"userId":"u","event":"a"}\n{"userId":}\n[1]\n{"userId":"u","event":"b"}',
            2,
            [2, 3],
            "no JSON",
        ),
        (
            "items.json",
            b'[{"userId":"u","event":"a"},\n7,\n{"userId":"u","event":"b"}]',
            2,
            [2],
            "",
        ),
    ],
)
def test_every_bad_row_is_named_with_its_line_and_reason(
    tmp_path: Path, name: str, content: bytes, events: int, lines: list[int], reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    rejected: list[tuple[int, str]] = []
    with FileEvents(
        path, None, FileRules(), "id", lambda row, why: rejected.append((row.line, why))
    ) as found:
        assert sum(1 for _ in found) == events
    assert [line for line, _ in rejected] == lines
    assert all(reason in why for _, why in rejected)
