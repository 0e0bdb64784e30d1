"""A folder that is watched, and what is the same at every place."""

import json
import os
import threading
from pathlib import Path

import pytest

from headwater.errors import LocationError
from headwater.kit.clock import FakeClock
from headwater.locations.around import Around
from headwater.locations.definition import parse
from headwater.locations.run import preview
from headwater.locations.state import open_state
from tests.locations.conftest import EVENT, Tracking, Watch, rows


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    (made / "deep").mkdir(parents=True)
    (made / "b.csv").write_text(rows("b1", "b2"))
    (made / "a.csv").write_text(rows("a1"))
    (made / "deep" / "c.jsonl").write_text('{"id": "c1", "n": 1}\n')
    (made / ".hidden.csv").write_text(rows("h"))
    return made


def test_each_file_is_imported_once_and_a_changed_one_again_as_a_new_version(
    folder: Path, tracking: Tracking, watch: Watch
) -> None:
    where = f'url = "file://{folder}"'
    first = watch(where)
    assert (first.files, first.imported, first.events, first.waiting) == (3, 3, 4, 0)
    assert tracking.users() == ["a1", "b1", "b2", "c1"]
    assert watch(where).files == 0
    (folder / "a.csv").write_text(rows("a1", "a2"))
    assert watch(where).imported == 1
    assert tracking.users()[4:] == ["a1", "a2"]
    assert tracking.distinct() == 6


def test_a_changed_file_is_left_where_it_is_to_be_imported_once(folder: Path, watch: Watch) -> None:
    where = f'url = "file://{folder}"\npattern = "*.csv"\nchanged = "once"'
    assert watch(where).imported == 2
    (folder / "a.csv").write_text(rows("a1", "a2"))
    assert watch(where).files == 0


def test_files_come_in_the_order_that_is_asked_for_once_they_are_settled(
    folder: Path, tracking: Tracking, watch: Watch
) -> None:
    os.utime(folder / "a.csv", (3_000, 3_000))
    os.utime(folder / "b.csv", (2_000, 2_000))
    os.utime(folder / "deep" / "c.jsonl", (9_000, 9_000))
    where = f'url = "file://{folder}"\norder = "modified"\nsettled_seconds = 60'
    watch(where, around=Around(clock=FakeClock(9_010_000_000)))
    assert tracking.users() == ["b1", "b2", "a1"]
    watch(where, around=Around(clock=FakeClock(9_100_000_000)))
    assert tracking.users()[3:] == ["c1"]


def test_a_file_that_cannot_be_read_is_told_and_keeps_no_other_from_it(
    folder: Path, tracking: Tracking, watch: Watch, tmp_path: Path
) -> None:
    (folder / "a.csv").write_bytes(b"PAR1 is none")
    (folder / "b.csv").write_text("id,n\nb1,1\nb2\n")
    where = f'url = "file://{folder}"\npattern = "*.csv"'
    done = watch(where, mapping="[file]\nshort_rows = 'reject'\n" + EVENT)
    assert (done.imported, done.failed, done.rejected) == (1, 1, 1)
    assert done.problems[0].startswith("a.csv: ")
    (kept,) = (tmp_path / "rejected.jsonl").read_text().splitlines()
    assert (json.loads(kept)["file"], json.loads(kept)["line"]) == ("b.csv", 3)
    assert [watch(where).files for _ in range(3)] == [1, 1, 0]
    (folder / "a.csv").write_text(rows("a1"))
    assert watch(where).imported == 1
    assert tracking.users() == ["b1", "a1"]


def test_what_was_imported_can_be_looked_at_again_and_reset(
    folder: Path, tracking: Tracking, watch: Watch
) -> None:
    where = f'url = "file://{folder}"\npattern = "a.csv"'
    watch(where)
    watch(where, is_forgetting=True)
    assert len(tracking.events) == 1
    watch(where, is_reset=True)
    assert (len(tracking.events), tracking.distinct()) == (2, 2)


def test_two_runs_of_a_location_do_not_meet(folder: Path, watch: Watch, tmp_path: Path) -> None:
    where = f'url = "file://{folder}"'
    location = parse(f"[location]\n{where}\n{EVENT}", "l.toml").id_in("source")
    with open_state(tmp_path / "data", location), pytest.raises(LocationError, match="run"):
        watch(where)


def test_a_run_that_is_told_to_stop_goes_on_with_the_next(
    folder: Path, tracking: Tracking, watch: Watch
) -> None:
    where = f'url = "file://{folder}"'
    stop = threading.Event()
    stop.set()
    done = watch(where, around=Around(stop=stop))
    assert (done.is_stopped, done.waiting) == (True, 3)
    assert watch(where).imported == 3
    assert tracking.distinct() == len(tracking.events) == 4


def test_the_first_new_file_is_shown_as_its_events(folder: Path, tmp_path: Path) -> None:
    definition = parse(f'[location]\nurl = "file://{folder}"\n{EVENT}', "l.toml")
    shown = [json.loads(each) for each in preview(definition, Around(), tmp_path)]
    assert [each["userId"] for each in shown] == ["a1"]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('url = "ftp://host/x"', "ftp"),
        ('url = ["s3://aaa/", "s3://bbb/"]', "several"),
        ('url = "file:///x"\nfrom = "y"', "from"),
        ('url = "file:///x"\nchanged = "never"', "changed"),
    ],
)
def test_what_is_wrong_in_a_definition_is_named(written: str, said: str) -> None:
    with pytest.raises(LocationError, match=said):
        parse(f"[location]\n{written}\n", "l.toml")


def test_names_are_secrets_that_are_not_in_the_file(tmp_path: Path) -> None:
    written = '[location]\nurl = "https://${HOST}/a"\nheaders = { A = "${TOKEN} x" }\n'
    definition = parse(written, "l.toml")
    assert definition.names() == ["HOST", "TOKEN"]
    with pytest.raises(LocationError, match="TOKEN"):
        definition.opened({"HOST": "h"})
    assert definition.opened({"HOST": "h", "TOKEN": "t"}).headers == {"A": "t x"}


def test_a_folder_that_is_not_there_is_an_error(watch: Watch, tmp_path: Path) -> None:
    with pytest.raises(LocationError, match="no folder"):
        watch(f'url = "file://{tmp_path}/none"')
