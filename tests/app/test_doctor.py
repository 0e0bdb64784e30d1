"""`headwater doctor` on a data folder at rest."""

import socket
from pathlib import Path

import pytest
from sqlalchemy import text

from headwater.access import audit
from headwater.app.doctor import Finding, Level, examine
from headwater.app.log import open_log
from headwater.app.state import open_state
from headwater.databases.sql import sqlite_database
from headwater.kit.clock import Clock, FakeClock, SystemClock
from headwater.ports import Entry, Outcome, Owner, Record, Stream, Tally
from headwater.settings import Settings

HOUR = 3_600_000_000


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A folder that was set up, with one collected event."""
    settings = Settings(data_dir=tmp_path / "data", port=0, disk_reserve_bytes=0)
    with open_state(settings, SystemClock()):
        pass
    log = open_log(settings)
    writer = log.writer(Owner.COLLECTOR)
    writer.append(
        Entry(
            {Stream.COLLECTED: [Record("s", 10 * HOUR, 1, b"{}")]},
            [Tally("s", 10, Outcome.ACCEPTED, "", 1)],
        )
    )
    writer.close()
    log.close()
    return settings


def troubles(settings: Settings, clock: Clock | None = None) -> list[Finding]:
    """What is not good."""
    found = examine(settings, clock or SystemClock())
    return [finding for finding in found if finding.level is not Level.GOOD]


def the_trouble(settings: Settings) -> Finding:
    (finding,) = troubles(settings)
    assert finding.level is Level.PROBLEM
    assert finding.remedy
    return finding


def test_a_sound_folder_has_no_troubles(settings: Settings) -> None:
    assert troubles(settings) == []


def test_every_check_says_what_it_looked_at(settings: Settings) -> None:
    checks = {finding.check for finding in examine(settings, SystemClock())}
    assert checks == {
        "python",
        "open files",
        "clock",
        "disk",
        "port",
        "permissions",
        "configuration",
        "log",
        "archive",
        "warehouse",
    }


def test_before_the_first_start_only_the_machine_is_looked_at(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "none", port=0, disk_reserve_bytes=0)
    assert troubles(settings) == []
    assert not (tmp_path / "none").exists()


def test_a_taken_port_is_a_problem(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        finding = the_trouble(Settings(data_dir=settings.data_dir, port=port, disk_reserve_bytes=0))
    assert f"Port {port}" in finding.message


def test_a_full_disk_is_a_problem(settings: Settings) -> None:
    finding = the_trouble(Settings(data_dir=settings.data_dir, port=0, disk_reserve_bytes=2**60))
    assert finding.check == "disk"


def test_a_clock_long_past_is_a_problem(settings: Settings) -> None:
    (finding,) = troubles(settings, FakeClock())
    assert (finding.check, finding.level) == ("clock", Level.PROBLEM)


def test_a_file_that_others_may_read_is_a_warning(settings: Settings) -> None:
    (settings.data_dir / "admin-token").chmod(0o644)
    (finding,) = troubles(settings)
    assert finding.level is Level.WARNING
    assert finding.remedy.startswith("chmod")


def cut_off(settings: Settings) -> None:
    """Take the last entry of the audit trail away."""
    database = sqlite_database(settings.data_dir)
    with database.writing() as connection:
        connection.execute(text("DELETE FROM audit WHERE number = 2"))
    database.close()


def test_an_audit_trail_that_was_cut_off_is_a_problem(settings: Settings) -> None:
    cut_off(settings)
    assert "entry 2" in the_trouble(settings).message


def test_a_start_does_not_cover_up_that_the_trail_was_cut_off(settings: Settings) -> None:
    cut_off(settings)
    for _ in range(2):
        with open_state(settings, SystemClock()) as changes, changes.reading() as connection:
            actions = [entry.action for entry in audit.entries(connection)]
    assert actions == ["Workspace Created", "Audit Trail Cut Off"]
    assert "entry 2" in the_trouble(settings).message


def test_a_changed_audit_trail_is_a_problem(settings: Settings) -> None:
    database = sqlite_database(settings.data_dir)
    with database.writing() as connection:
        connection.execute(text("UPDATE audit SET actor = 'mallory' WHERE number = 2"))
    database.close()
    assert "entry 2" in the_trouble(settings).message


def test_a_damaged_database_is_a_problem(settings: Settings) -> None:
    file = settings.data_dir / "state.db"
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(content)
    assert the_trouble(settings).check == "configuration"


def test_a_damaged_log_is_a_problem(settings: Settings) -> None:
    (path,) = settings.data_dir.glob("log/collector/0/*.db")
    path.write_bytes(b"\xff" * 100_000)
    assert "log" in {finding.check for finding in troubles(settings)}


def test_a_pipeline_ahead_of_the_log_is_a_problem(settings: Settings) -> None:
    log = open_log(settings)
    writer = log.writer(Owner.PIPELINE)
    writer.append(Entry({}, consumed={Stream.COLLECTED: {"0": 7}}))
    writer.close()
    log.close()
    finding = the_trouble(settings)
    assert "read collected up to 7; it ends at 1" in finding.message


def test_a_lost_event_is_a_problem(settings: Settings) -> None:
    log = open_log(settings)
    writer = log.writer(Owner.PIPELINE)
    writer.append(Entry({}, consumed={Stream.COLLECTED: {"0": 1}}))
    writer.close()
    log.close()
    assert "does not balance, by 1 events" in the_trouble(settings).message
