"""The health page, and what it is told from."""

import os
from pathlib import Path

import msgspec
import pytest

from headwater import health
from headwater.kit import metrics
from headwater.settings import Settings
from tests.web.people import People


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "run").mkdir()
    return Settings(data_dir=tmp_path)


def keep(settings: Settings, roles: dict[str, health.Role]) -> None:
    (settings.data_dir / "run" / "roles.json").write_bytes(msgspec.json.encode(roles))


def test_a_role_is_up_while_its_process_is_there(settings: Settings) -> None:
    keep(settings, {"control": health.Role(os.getpid()), "pipeline": health.Role(2**22 + 1)})
    assert health.role_states(settings) == {"control": "up", "pipeline": "down"}


def test_without_a_supervisor_at_least_this_role_is_up(settings: Settings) -> None:
    assert health.role_states(settings) == {"control": "up"}


def test_the_disk_has_room_or_has_not(settings: Settings) -> None:
    assert not health.disk(msgspec.structs.replace(settings, disk_reserve_bytes=0)).is_full
    assert health.disk(msgspec.structs.replace(settings, disk_reserve_bytes=2**62)).is_full


def test_the_measures_add_labels_up_and_bound_times() -> None:
    before = health.measures().count("headwater_queries_total")
    metrics.QUERIES.labels("answered").inc(3)
    metrics.QUERIES.labels("refused").inc(2)
    metrics.QUERY_SECONDS.observe(0.004)
    found = health.measures()
    assert found.count("headwater_queries_total") == before + 5
    assert found.quantile("headwater_query_seconds", 0.5) is not None
    assert found.quantile("headwater_never_measured", 0.5) is None
    assert found.count("headwater_never_counted") == 0


def test_the_page_tells_each_role_and_says_what_is_wrong(tmp_path: Path) -> None:
    people = People(tmp_path)
    owner = people.set_up()
    (tmp_path / "run").mkdir()
    keep(people.context.settings, {"control": health.Role(os.getpid(), restarts=3)})
    page = owner.get("/health-page").text
    assert "1 of 1 up" in page
    assert ">3<" in page
    keep(people.context.settings, {"pipeline": health.Role(2**22 + 1)})
    assert "A role is down." in owner.get("/health-page").text


def test_a_time_beyond_what_is_measured_does_not_break_the_page(tmp_path: Path) -> None:
    owner = People(tmp_path).set_up()
    metrics.FRESHNESS_SECONDS.observe(86_400)
    page = owner.get("/health-page")
    assert page.status_code == 200
    assert "∞" in page.text
