"""Analyses asked by every way, of events that came by the wire."""

import subprocess
import sys
from datetime import timedelta
from typing import Any

import httpx
import pytest

from headwater.client import Client
from headwater.kit.clock import SystemClock, to_datetime
from headwater.testing.whole import Whole

pytestmark = pytest.mark.whole


def test_an_analysis_is_asked_over_the_api_the_command_line_and_python(whole: Whole) -> None:
    key = whole.create_source("Analysed")[1]
    at = to_datetime(SystemClock().now()) - timedelta(days=2)
    calls: list[dict[str, Any]] = []
    for each in range(20):
        user, moment = f"an-{each}", (at + timedelta(minutes=each)).isoformat()
        calls.append(
            {
                "type": "track",
                "event": "Analysed Click",
                "anonymousId": f"an-device-{each}",
                "timestamp": moment,
                "properties": {"ad": "spring" if each < 12 else "autumn"},
            }
        )
        calls.append({"type": "identify", "userId": user, "anonymousId": f"an-device-{each}"})
        if each < 8:
            later = (at + timedelta(hours=3)).isoformat()
            order = {"type": "track", "event": "Analysed Order", "userId": user}
            calls.append({**order, "timestamp": later, "properties": {"total": 10}})
    sent = httpx.post(f"{whole.url}/v1/batch", json={"batch": calls}, auth=(key, ""))
    sent.raise_for_status()
    whole.wait_until_loaded()

    request = {"touch": "Analysed Click", "key": "ad", "conversion": "Analysed Order"}
    with Client(whole.url, whole.token) as client:
        found = client.analyse("campaigns", **request, value="total", lookback_days=7)
        rows = {each["key"]: (each["visits"], each["conversions"]) for each in found["rows"]}
        assert rows == {"spring": (12, 8), "autumn": (8, 0)}
        assert found["total"]["value"] == 80
        bought = {"event": "Analysed Order"}
        clicked = {"event": "Analysed Click", "where": [{"name": "ad", "value": "spring"}]}
        told = client.analyse("probability", a=bought, b=clicked)
        assert told["aGivenB"]["share"] == pytest.approx(8 / 12)

    command = [sys.executable, "-m", "headwater", "analyse", "attribution"]
    said = [f"{name}={value}" for name, value in request.items()]
    where = ["--url", whole.url, "--token", whole.token]
    done = subprocess.run([*command, *said, *where], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "spring" in done.stdout
    refused = subprocess.run(
        [*command, "conversion=Nothing", *where], capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
    assert "there is no event 'Nothing'" in refused.stderr

    listed = httpx.get(
        f"{whole.url}/api/analyses", headers={"Authorization": f"Bearer {whole.token}"}
    ).json()["data"]["analyses"]
    assert {"campaigns", "attribution", "time-series"} <= {each["name"] for each in listed}
