"""The table of options: where they come from, and how their problems are told."""

from pathlib import Path

import pytest

from headwater.errors import SettingsError
from headwater.settings import Settings, load, options, to_environment


def test_the_defaults_need_nothing() -> None:
    assert load() == Settings()


def test_a_file_is_read_where_it_exists(tmp_path: Path) -> None:
    file = tmp_path / "headwater.toml"
    assert load(file=file).port == 8765
    file.write_text("port = 9000\n")
    assert load(file=file).port == 9000


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "headwater.toml"
    file.write_text("port = 9000\nhost = '0.0.0.0'\n")
    settings = load(environment={"HEADWATER_PORT": "9001"}, file=file)
    assert (settings.port, settings.host) == (9001, "0.0.0.0")


def test_the_command_line_wins_over_the_environment() -> None:
    settings = load({"port": "9002", "host": None}, {"HEADWATER_PORT": "9001"})
    assert settings.port == 9002


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "headwater.toml"
    file.write_text("prot = 1\nmax_nesting = 2\n")
    with pytest.raises(SettingsError) as raised:
        load({"load_interval_seconds": "soon"}, {"HEADWATER_PORT": "http"}, file)
    assert len(raised.value.problems) == 4
    for word in ("prot", "max_nesting", "--load-interval-seconds", "HEADWATER_PORT"):
        assert word in raised.value.message


def test_a_file_that_is_not_toml_is_named(tmp_path: Path) -> None:
    file = tmp_path / "headwater.toml"
    file.write_text("port 9000")
    with pytest.raises(SettingsError, match=r"headwater\.toml: is not TOML"):
        load(file=file)


def test_a_file_that_was_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load(environment={"HEADWATER_CONFIG": str(tmp_path / "none.toml")})


def test_a_secret_is_not_shown_in_a_problem() -> None:
    with pytest.raises(SettingsError) as raised:
        load({"admin_token": 12345678})
    assert "12345678" not in raised.value.message


def test_a_list_is_written_with_commas() -> None:
    settings = load(environment={"HEADWATER_TRUSTED_PROXIES": "10.0.0.0/8, 127.0.0.1"})
    assert settings.trusted_proxies == ["10.0.0.0/8", "127.0.0.1"]


def test_another_process_gets_the_same_settings_through_its_environment() -> None:
    settings = Settings(
        data_dir=Path("/srv/x y"), trusted_proxies=["10.0.0.0/8", "::1"], load_interval_seconds=0.1
    )
    assert load(environment=to_environment(settings)) == settings


@pytest.mark.parametrize("memory", ["400MB", "1.5GB", "2 GiB"])
def test_memory_is_a_number_with_its_unit(memory: str) -> None:
    assert load({"warehouse_memory": memory}).warehouse_memory == memory


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("warehouse_memory", "lots"),
        ("warehouse_memory", "400"),
        ("trusted_proxies", "10.0.0.0/8,proxy.example.com"),
        ("log_level", "loud"),
        ("port", "65536"),
        ("data_dir", ""),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load({name: value})


def test_every_option_says_what_it_is() -> None:
    for option in options():
        assert option.description.strip(), option.name
        assert option.type, option.name
