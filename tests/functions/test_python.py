"""Functions in Python mean what those in JavaScript do; one that cannot be used stops all."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import HeadwaterError
from headwater.functions import workshop
from headwater.functions.python import loaded
from headwater.functions.workshop import Workshop
from headwater.governing import compile_program
from headwater.kit.clock import FakeClock
from headwater.pipeline.program import Memory
from headwater.ports import Outcome
from headwater.settings import Settings
from headwater.workspaces.model import Configuration
from tests.functions.conftest import track
from tests.pipeline.conftest import Through, lead, source, stored

MODULE = """
from headwater.functions.errors import DropEvent, RetryError, ValidationError

SETTINGS = {"word": "yes"}
tries = 0

def on_track(event, settings):
    global tries
    properties = event["properties"]
    do = properties.get("do")
    if do == "drop":
        raise DropEvent("not wanted")
    if do == "nothing":
        return None
    if do == "fail":
        raise ValidationError("bad one")
    if do == "divide":
        return 1 / 0
    if do == "odd":
        return {**event, "properties": {"a": object()}}
    if do == "fixed":
        return {**event, "messageId": "other"}
    if do == "retry":
        tries += 1
        if tries < 3:
            raise RetryError("later")
        properties["tries"] = tries
    if do == "change":
        properties["word"] = settings["word"]
    return event
"""


@pytest.fixture
def _module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "our_functions.py").write_text(MODULE)
    (tmp_path / "for_another.py").write_text(MODULE + "\nSOURCES = ['other']\n")
    (tmp_path / "handlerless.py").write_text("x = 1")
    (tmp_path / "broken.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    for name in ("our_functions", "for_another"):
        sys.modules.pop(name, None)


def through(
    monkeypatch: pytest.MonkeyPatch, *does: str, module: str = "our_functions", **memory: Any
) -> Through:
    shop = Workshop(python=loaded([module]))
    monkeypatch.setattr(workshop, "_current", shop)
    made = compile_program(Configuration(1, (), (source(),)), Memory(**memory))
    calls = [track({"do": do}, messageId=f"m{number}") for number, do in enumerate(does)]
    return lead([stored({"batch": calls})], programs=made)


@pytest.mark.usefixtures("_module")
def test_what_handlers_return_and_raise_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    found = through(monkeypatch, "change", "drop", "nothing", "fail", "divide", "odd", "fixed", "x")
    rows = {row["message_id"]: json.loads(row["properties"]) for row in found.rows}
    assert rows == {"m0": {"do": "change", "word": "yes"}, "m7": {"do": "x"}}
    details = {each.message_id: each.detail for each in found.aside}
    assert "bad one" in details["m3"]
    assert "ZeroDivisionError" in details["m4"]
    assert "something else" in details["m5"]
    assert "`messageId` cannot be changed" in details["m6"]
    assert {each.reason for each in found.aside} == {"function_error"}
    counted = [(t.outcome, t.reason, t.count) for t in found.tallies]
    assert (Outcome.FILTERED, "function:our_functions", 2) in counted


@pytest.mark.usefixtures("_module")
def test_an_event_is_retried_and_one_that_is_left_alone_keeps_its_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = through(monkeypatch, "retry")
    assert json.loads(found.row["properties"])["tries"] == 3
    plain = lead([stored({"batch": [track({"do": "x"}, messageId="m0")]})])
    assert through(monkeypatch, "x").rows == plain.rows


@pytest.mark.usefixtures("_module")
def test_they_are_for_their_sources_and_only_for_what_is_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert len(through(monkeypatch, "drop", module="for_another").rows) == 1
    assert len(through(monkeypatch, "drop", is_looking=True).rows) == 1


@pytest.mark.usefixtures("_module")
@pytest.mark.parametrize("name", ["not_there", "handlerless", "broken"])
def test_one_that_cannot_be_used_lets_no_event_pass_unchanged(name: str, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, python_functions=[name])
    with (
        pytest.raises(HeadwaterError, match=name),
        workshop.opened(settings, FakeClock(), records=True),
    ):
        pass
    with workshop.opened(settings, FakeClock(), records=False) as shop:
        assert shop.python == ()


def test_a_network_that_is_none_is_refused(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, function_fetch_allowed=["10.0.0.0/99"])
    with (
        pytest.raises(HeadwaterError, match="function_fetch_allowed"),
        workshop.opened(settings, FakeClock(), records=True),
    ):
        pass
