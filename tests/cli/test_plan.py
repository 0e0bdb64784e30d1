"""`headwater plan`, against a whole server: files and back, what events say, versions, code."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from subprocess import run
from typing import Any

import httpx
import pytest
import yaml

from headwater.testing.whole import Whole
from tests.plans.streams import hidden_plan, stream

pytestmark = pytest.mark.whole

PLAN = """
name: Orders
description: What the shop sells.
identify:
  traits: {email: {type: string, format: email}}
events:
  Order Completed:
    description: Somebody has paid.
    properties:
      total: {type: number, minimum: 0, description: In yuan.}
      currency: {type: string, enum: [CNY, EUR], description: Its currency.}
    required: [total]
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    folder = tmp_path_factory.mktemp("plans")
    with Whole(folder, disk_reserve_bytes=0, load_interval_seconds=0.1) as whole:
        yield whole


def said(whole: Whole, *arguments: str, status: int = 0) -> str:
    """What `headwater plan` prints, with this exit status."""
    done = run(
        [sys.executable, "-m", "headwater", "plan", *arguments],
        env=whole.environment() | {"HEADWATER_URL": whole.url, "HEADWATER_TOKEN": whole.token},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def send(whole: Whole, write_key: str, events: list[dict[str, Any]]) -> None:
    for at in range(0, len(events), 500):
        body = {"batch": events[at : at + 500]}
        sent = httpx.post(f"{whole.url}/v1/batch", json=body, auth=(write_key, ""), timeout=60)
        assert sent.status_code == 200, sent.text


def test_a_plan_goes_into_a_file_and_back_has_versions_and_goes_back_to_one(
    whole: Whole, tmp_path: Path
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(PLAN, "utf-8")
    assert "Orders: would be made" in said(whole, "diff", str(file), status=1)
    assert "Orders: made" in said(whole, "push", str(file))
    assert said(whole, "diff", str(file)) == ""

    folder = tmp_path / "plans"
    assert said(whole, "pull", "--folder", str(folder)) == f"{folder}/orders.yaml\n"
    assert yaml.safe_load((folder / "orders.yaml").read_text()) == yaml.safe_load(PLAN)
    assert said(whole, "push", str(folder)) == "Orders: nothing differs\n"
    assert said(whole, "show", "orders", "--format", "json").startswith('{\n  "name": "Orders"')

    file.write_text(PLAN.replace("[CNY, EUR]", "[CNY, EUR, USD]"), "utf-8")
    told = said(whole, "diff", str(file), status=1)
    assert "~ events.Order Completed\n    ~ properties.currency\n" in told
    assert '"enum":["CNY","EUR","USD"]' in told
    said(whole, "push", str(file))
    versions = said(whole, "versions", "orders").splitlines()
    assert len(versions) >= 2
    before = versions[1].split()[0]
    assert "~ properties.currency" in said(whole, "versions", "Orders", "--changed", before)
    said(whole, "rollback", "Orders", before)
    assert f"Back to version {before}" in said(whole, "versions", "Orders").splitlines()[0]
    assert "[CNY, EUR]" in said(whole, "show", "Orders") or "- EUR" in said(whole, "show", "Orders")


def test_what_is_wrong_with_a_file_stops_it(whole: Whole, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("name: Wrong\nevents: {A: {properties: {}, required: [x]}}", "utf-8")
    told = said(whole, "lint", str(file), status=1)
    assert "error   events.A.properties: 'x' is required, but is not among the properties." in told
    assert "headwater plan lint" in said(whole, "push", str(file), status=1)
    file.write_text("name: Wrong\nevents: {A: [1]}", "utf-8")
    assert "events.A: is no mapping" in said(whole, "push", str(file), status=1)
    assert "There is no tracking plan 'Wrong'" in said(whole, "show", "Wrong", status=1)


def test_a_plan_is_inferred_from_what_is_sent_and_what_drifts_from_it_is_told(
    whole: Whole, tmp_path: Path
) -> None:
    _, write_key = whole.create_source("Hidden")
    chance = Random(11)
    plan = hidden_plan(chance, events=4)
    send(whole, write_key, list(stream(chance, plan, 3_000, slips=0.004)))
    whole.wait_until_loaded()
    file = tmp_path / "inferred.yaml"
    told = said(whole, "infer", "--source", "Hidden", "--output", str(file), "--push")
    assert "3,000 events" in told
    assert "against it: property properties.planted" in told
    written = yaml.safe_load(file.read_text())
    assert set(written["events"]) == set(plan)
    for name, members in plan.items():
        required = {key for key, hidden in members.items() if hidden.is_required}
        assert set(written["events"][name].get("required", [])) == required
    said(whole, "lint", str(file))
    assert said(whole, "infer", "--source", "Hidden", "--push").endswith(
        "Hidden: 0 rules added or changed\n"
    )

    said(whole, "connect", "Hidden", "Hidden")
    assert said(whole, "drift", "Hidden", "--check") == ""
    events = list(stream(chance, plan, 300, slips=0.0))
    for number, event in enumerate(events):
        event["messageId"] = f"later{number}"
        event["properties"]["brand_new"] = number % 2 == 0
    send(whole, write_key, events)
    whole.wait_until_loaded()
    drifts = said(whole, "drift", "Hidden", "--check", status=1).splitlines()
    assert len(drifts) == 4
    assert all(
        "properties.brand_new: is sent, and not planned (boolean)" in each for each in drifts
    )
    assert said(whole, "drift", "Hidden", "--accept", "all") == "Accepted: 4\n"
    assert said(whole, "show", "Hidden").count("brand_new:") == 4
    assert "4 drifts accepted" in said(whole, "versions", "Hidden")
    assert said(whole, "drift", "Hidden", "--check") == ""
    said(whole, "disconnect", "Hidden", "Hidden")
    said(whole, "delete", "Hidden")
    assert "Hidden" not in said(whole, "list")


def test_code_is_made_of_a_file_without_a_server(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(PLAN, "utf-8")
    for language in ("python", "typescript", "go"):
        made = run(
            [sys.executable, "-m", "headwater", "plan", "generate", str(file),
             "--language", language, "--output", str(tmp_path / language)],
            capture_output=True, text=True, env=dict(os.environ), check=True,
        )  # fmt: skip
        [first, *_] = made.stdout.splitlines()
        assert "Order Completed" in Path(first).read_text("utf-8")
    assert json.dumps(sorted(p.name for p in (tmp_path / "go").iterdir())) == json.dumps(
        ["segment.go", "tracking_plan.go"]
    )
