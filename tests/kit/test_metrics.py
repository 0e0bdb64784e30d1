"""Metrics: named once, explained, and added up over processes."""

import os
import subprocess
import sys
from pathlib import Path

from prometheus_client.metrics import MetricWrapperBase

from headwater.kit import metrics

_COUNT = """
import sys
from headwater.kit import metrics
metrics.LOADED_ROWS.inc(int(sys.argv[1]))
metrics.SEEN_IDS.set(int(sys.argv[1]))
metrics.LOAD_SECONDS.observe(0.2)
"""
_SHOW = """
import sys
from headwater.kit import metrics
sys.stdout.buffer.write(metrics.exposition())
"""


def _run(code: str, folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_every_metric_is_explained_and_named_for_headwater() -> None:
    named = [each for each in vars(metrics).values() if isinstance(each, MetricWrapperBase)]
    assert len(named) > 15
    for metric in named:
        assert metric._name.startswith("headwater_")
        assert metric._documentation.endswith(".")


def test_one_process_shows_its_own_metrics() -> None:
    assert b"# HELP headwater_loaded_events_total" in metrics.exposition()


def test_several_processes_are_added_up(tmp_path: Path) -> None:
    _run(_COUNT, tmp_path, "3")
    _run(_COUNT, tmp_path, "4")

    shown = _run(_SHOW, tmp_path)

    assert "headwater_loaded_events_total 7.0" in shown
    assert "headwater_load_seconds_count 2.0" in shown
    assert "headwater_seen_message_ids 4.0" in shown
