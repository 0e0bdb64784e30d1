"""What the OpenAPI document says is what the server does, for calls that nobody thought of."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from headwater.testing.whole import Whole

pytestmark = [pytest.mark.whole, pytest.mark.timeout(600)]

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
    "negative_data_rejection",
    "ignored_auth",
    "use_after_free",
    "ensure_resource_availability",
)
ENDLESS = "debugger$"
"""Streams of events, which a client reads until it has enough: tested on their own."""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """A server that may be left in any state."""
    with Whole(tmp_path_factory.mktemp("fuzzed"), disk_reserve_bytes=0) as server:
        yield server


def try_every_operation(folder: Path, url: str, *options: str) -> None:
    """Let schemathesis try every operation; fail with what it found to be wrong."""
    # One worker: generating in several threads at once, CPython 3.11's parser fails now and then.
    done = subprocess.run(
        [
            Path(sys.executable).parent / "st",
            "run",
            f"{url}/api/openapi.json",
            *("--seed", "20261124", "--workers", "1", "--no-shrink", "--continue-on-failure"),
            *("--warnings", "off", "--checks", ",".join(CHECKS)),
            *("--exclude-path-regex", ENDLESS, *options),
        ],
        cwd=folder,
        env={**os.environ, "COLUMNS": "160", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line[:300] for line in (done.stdout + done.stderr).splitlines()]
    if done.returncode:
        pytest.fail("\n".join(lines[:400]), pytrace=False)


def test_the_owner_finds_nothing_undocumented_and_no_fault(own: Whole, tmp_path: Path) -> None:
    authorization = f"Authorization: Bearer {own.token}"
    options = ("--header", authorization, "--max-examples", "2", "--phases", "coverage,fuzzing")
    try_every_operation(tmp_path, own.url, *options)


def test_a_stranger_finds_nothing_undocumented_and_no_fault(own: Whole, tmp_path: Path) -> None:
    options = ("--max-examples", "3", "--phases", "fuzzing", "--mode", "positive")
    try_every_operation(tmp_path, own.url, *options)


def test_the_server_itself_found_nothing_broken(own: Whole) -> None:
    assert '"api.broken"' not in (own.data_dir / "serve.log").read_text("utf-8")
    health = httpx.get(f"{own.url}/api/health", headers={"Authorization": f"Bearer {own.token}"})
    assert health.json()["status"] == "up"
    assert {role["restarts"] for role in health.json()["roles"].values()} == {0}
