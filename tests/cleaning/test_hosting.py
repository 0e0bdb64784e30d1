"""Data centres by a database of networks, made here, and the open list."""

import tomllib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from headwater.cleaning.geoip import FOLDER
from headwater.cleaning.hosting import number_of
from headwater.cleaning.kinds import KINDS
from tests.cleaning.conftest import cleaned, rule, track
from tests.cleaning.enrichment.databases import write

BY_NETWORK = {"database": "ASN.mmdb"}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A database of three networks: a cloud's, a carrier's, and one that nobody lists."""
    numbers = {"203.0.113.0/24": 24940, "198.51.100.0/24": 4134, "2001:db8::/32": 64500}
    write(
        tmp_path / "ASN.mmdb",
        {network: {"autonomous_system_number": number} for network, number in numbers.items()},
    )
    FOLDER.move(tmp_path)
    yield tmp_path
    FOLDER.move(tmp_path / "nothing")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("address", "settings", "is_dropped"),
    [
        ("203.0.113.7", BY_NETWORK, True),
        ("203.0.113.7", {}, False),
        ("203.0.113.7", {"database": "Other.mmdb"}, False),
        ("198.51.100.7", BY_NETWORK, False),
        ("2001:db8::7", BY_NETWORK, False),
        ("2001:db8::7", BY_NETWORK | {"asns": [64500]}, True),
        ("192.0.2.1", BY_NETWORK, False),
        ("no address", BY_NETWORK, False),
        ("192.0.2.1", BY_NETWORK | {"networks": ["192.0.2.0/24"]}, True),
    ],
)
def test_events_from_networks_that_rent_servers_are_left_out(
    address: str, settings: dict[str, object], is_dropped: bool
) -> None:
    out = cleaned([track(context={"ip": address})], rule("drop_bots", settings))
    assert (out.rows == []) is is_dropped


def test_a_database_that_is_not_there_is_refused_when_a_rule_is_set(folder: Path) -> None:
    kind = KINDS["drop_bots"]
    kind.require(kind.settings())
    kind.require(kind.settings(database="ASN.mmdb"))
    with pytest.raises(ValueError, match=r"there is no file Missing\.mmdb"):
        kind.require(kind.settings(database="Missing.mmdb"))
    assert (folder / "ASN.mmdb").is_file()


def test_networks_are_read_as_maxmind_and_ipinfo_write_them() -> None:
    assert number_of({"autonomous_system_number": 24940}) == 24940
    assert number_of({"asn": "AS24940"}) == 24940
    assert [number_of(each) for each in ({}, {"asn": "x"}, {"asn": None})] == [0, 0, 0]


def test_each_network_of_the_open_list_is_there_once_with_its_holder() -> None:
    text = resources.files("headwater.cleaning").joinpath("data/hosting.toml").read_text("utf-8")
    listed = tomllib.loads(text)["network"]
    assert len({each["asn"] for each in listed}) == len(listed)
    assert all(0 < each["asn"] < 2**32 and each["holder"] for each in listed)
