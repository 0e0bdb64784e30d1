"""Logs: one line an event on standard error, in the form that is asked for."""

import json
import subprocess
import sys

import pytest

_LOG = """
import logging, sys
from headwater.kit.logging import configure, logger
configure(sys.argv[1], sys.argv[2], "pipeline")
log = logger("seen")
log.debug("ids.spilled", count=1)
log.info("ids.forgotten", count=2, name="名")
try:
    raise ValueError("no")
except ValueError:
    log.error("service.failed", exc_info=True)
logging.getLogger("library").info("chatter")
logging.getLogger("library").warning("trouble")
"""


def _lines(level: str, form: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", _LOG, level, form], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_json_has_an_event_a_line_with_its_fields_role_and_part() -> None:
    first, failed, _ = _lines("info", "json")
    event = json.loads(first)
    assert event.pop("timestamp").endswith("Z")
    assert event == {
        "event": "ids.forgotten",
        "count": 2,
        "name": "名",
        "level": "info",
        "role": "pipeline",
        "part": "seen",
    }
    assert json.loads(failed)["exception"][0]["exc_type"] == "ValueError"


def test_auto_is_json_where_there_is_no_terminal() -> None:
    assert json.loads(_lines("info", "auto")[0])["event"] == "ids.forgotten"


def test_text_is_for_people() -> None:
    first = _lines("info", "text")[0]
    assert "ids.forgotten" in first
    assert "count=2" in first
    assert "Traceback" in "\n".join(_lines("info", "text"))


@pytest.mark.parametrize(("level", "count"), [("debug", 4), ("info", 3), ("error", 1)])
def test_what_is_below_the_level_is_left_out(level: str, count: int) -> None:
    assert len(_lines(level, "json")) == count


def test_libraries_are_heard_in_the_same_form_and_only_when_there_is_trouble() -> None:
    events = [json.loads(line) for line in _lines("debug", "json")]
    [heard] = [event for event in events if event["part"] == "library"]
    assert heard["event"] == "library.logged"
    assert heard["message"] == "trouble"
    assert heard["level"] == "warning"
    assert heard["role"] == "pipeline"
