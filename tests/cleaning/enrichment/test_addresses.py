"""Where addresses are, by databases made here, and what is left of addresses."""

import json
from collections.abc import Iterator, Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.cleaning.enrichment.anonymize_ip import anonymized
from headwater.cleaning.geoip import FOLDER, Database
from headwater.cleaning.kinds import KINDS
from headwater.workspaces.model import SourceType
from tests.cleaning.conftest import cleaned, programs, rule, track
from tests.cleaning.enrichment.databases import write
from tests.pipeline.conftest import lead, source, stored

SHANGHAI: Mapping[str, Any] = {
    "country": {"iso_code": "CN", "names": {"en": "China", "zh-CN": "中国"}},
    "subdivisions": [{"iso_code": "SH", "names": {"en": "Shanghai", "zh-CN": "上海"}}],
    "city": {"names": {"en": "Shanghai", "zh-CN": "上海"}},
    "location": {"latitude": 31.2, "longitude": 121.5, "time_zone": "Asia/Shanghai"},
    "postal": {"code": "200000"},
}
BERLIN: Mapping[str, Any] = {
    "country": {"iso_code": "DE", "names": {"en": "Germany"}},
    "city": {"names": {"en": "Berlin"}},
}
CITY = {"database": "City.mmdb"}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The folder of databases: one of cities, one of networks."""
    write(tmp_path / "City.mmdb", {"203.0.113.0/24": SHANGHAI, "2001:db8::/32": BERLIN})
    network = {
        "autonomous_system_number": 64500,
        "autonomous_system_organization": "Example Networks",
    }
    write(tmp_path / "ASN.mmdb", {"203.0.113.0/24": network})
    FOLDER.move(tmp_path)
    yield tmp_path
    FOLDER.move(tmp_path / "none")


def located(ip: Any, settings: Mapping[str, Any], **context: Any) -> dict[str, Any]:
    row = cleaned([track(context={"ip": ip, **context})], rule("locate_ip", dict(settings))).row
    found: dict[str, Any] = json.loads(row["context"])
    return {name: each for name, each in found.items() if name in ("location", "network")}


def test_an_address_is_located(folder):
    assert located("203.0.113.77", CITY) == {
        "location": {
            "country": "China",
            "countryCode": "CN",
            "region": "Shanghai",
            "regionCode": "SH",
            "timezone": "Asia/Shanghai",
            "city": "Shanghai",
            "postalCode": "200000",
            "latitude": 31.2,
            "longitude": 121.5,
        }
    }
    assert located("2001:db8::1", CITY)["location"]["city"] == "Berlin"
    assert located("203.0.113.77", {"database": "ASN.mmdb"}) == {
        "network": {"asn": 64500, "organization": "Example Networks"}
    }


def test_names_are_in_the_language_wanted_or_else_in_english(folder):
    chinese = {**CITY, "language": "zh-CN", "detail": "region"}
    assert located("203.0.113.77", chinese)["location"] == {
        "country": "中国",
        "countryCode": "CN",
        "region": "上海",
        "regionCode": "SH",
        "timezone": "Asia/Shanghai",
    }
    assert located("2001:db8::1", {**chinese, "detail": "country"})["location"] == {
        "country": "Germany",
        "countryCode": "DE",
    }


@pytest.mark.parametrize("ip", ["198.51.100.1", "10.0.0.1", "here", "", None, 5, "1" * 100, "::"])
def test_what_is_not_known_is_not_located(folder, ip):
    assert located(ip, CITY) == {}


def test_a_place_that_was_sent_stays_unless_it_is_to_be_replaced(folder):
    sent = {"location": {"city": "Bonn"}}
    assert located("203.0.113.77", CITY, **sent) == sent
    replaced = located("203.0.113.77", {**CITY, "overwrite": True}, **sent)
    assert replaced["location"]["city"] == "Shanghai"


def test_a_database_is_opened_again_when_its_file_changes(folder):
    made = programs(rule("locate_ip", dict(CITY)))
    call = track(context={"ip": "203.0.113.77"})

    def city() -> str:
        row = lead([stored(call)], programs=made).row
        return str(json.loads(row["context"])["location"]["city"])

    assert city() == "Shanghai"
    write(folder / "City.mmdb", {"203.0.113.0/24": BERLIN})
    assert city() == "Berlin"
    (folder / "City.mmdb").write_bytes(b"no database")
    assert city() == "Berlin"
    (folder / "City.mmdb").unlink()
    assert city() == "Berlin"
    write(folder / "City.mmdb", {"203.0.113.0/24": SHANGHAI})
    assert city() == "Shanghai"


def test_where_the_file_is_missing_events_go_on_without(tmp_path):
    FOLDER.move(tmp_path)
    assert located("203.0.113.77", CITY) == {}
    write(tmp_path / "City.mmdb", {"203.0.113.0/24": SHANGHAI})
    assert located("203.0.113.77", CITY)["location"]["city"] == "Shanghai"


def test_a_rule_is_refused_whose_database_is_not_there(folder):
    kind = KINDS["locate_ip"]
    kind.require(kind.settings(database="City.mmdb"))
    with pytest.raises(ValueError, match=r"there is no file Other\.mmdb .* folder"):
        kind.require(kind.settings(database="Other.mmdb"))
    (folder / "Broken.mmdb").write_bytes(b"broken")
    with pytest.raises(ValueError, match=r"Broken\.mmdb cannot be read"):
        kind.require(kind.settings(database="Broken.mmdb"))


@pytest.mark.parametrize("name", ["../City.mmdb", "/etc/passwd", "a/b.mmdb", ".mmdb", "City.db"])
def test_a_database_is_named_by_a_file_of_its_folder_alone(folder, name):
    assert cleaned([track()], rule("locate_ip", {"database": name})).reasons == ["stage_failed"]


@given(st.binary(max_size=300))
def test_any_file_is_a_database_or_is_not(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "x.mmdb"
    path.write_bytes(content + b"\xab\xcd\xefMaxMind.com" + content)
    database = Database(path)
    assert database.refresh() or database.find("203.0.113.1") is not None


ADDRESSES: list[tuple[dict[str, Any], Any, Any]] = [
    # settings, context.ip before, after
    ({}, "203.0.113.77", "203.0.113.0"),
    ({"ipv4": 16}, "203.0.113.77", "203.0.0.0"),
    ({"ipv4": 32}, "203.0.113.77", "203.0.113.77"),
    ({"ipv4": 0}, "203.0.113.77", "0.0.0.0"),
    ({}, "2001:db8:85a3::8a2e:370:7334", "2001:db8:85a3::"),
    ({"ipv6": 32}, "2001:db8:85a3::1", "2001:db8::"),
    ({}, "::ffff:203.0.113.77", "203.0.113.0"),
    ({}, "fe80::1%eth0", "fe80::"),
    ({}, "203.0.113.77, 10.0.0.1", None),
    ({}, 12345, None),
    ({"remove": True}, "203.0.113.77", None),
]


@pytest.mark.parametrize(("settings", "before", "after"), ADDRESSES)
def test_an_address_says_the_network_and_not_the_person(settings, before, after):
    row = cleaned([track(context={"ip": before})], rule("anonymize_ip", settings)).row
    assert json.loads(row["context"] or "{}").get("ip") == after


def test_other_members_may_have_addresses_too():
    settings = {"paths": ["properties.ip", "context.ip"]}
    row = cleaned(
        [track({"ip": "198.51.100.9"}, context={"ip": "203.0.113.77"})],
        rule("anonymize_ip", settings),
    ).row
    assert json.loads(row["properties"])["ip"] == "198.51.100.0"
    assert json.loads(row["context"])["ip"] == "203.0.113.0"


def test_the_address_that_the_collector_saw_is_made_anonymous_as_well():
    made = programs(rule("anonymize_ip"))
    request = stored(track(), ip="203.0.113.77")
    row = lead([request], {"s1": source(SourceType.WEBSITE)}, programs=made).row
    assert json.loads(row["context"])["ip"] == "203.0.113.0"


def test_a_location_is_had_of_an_address_that_is_not_kept_whatever_the_positions(folder):
    rules = [
        rule("anonymize_ip", {"remove": True}, id="a", position=1),
        rule("locate_ip", dict(CITY), id="b", position=2),
        rule("drop_internal_traffic", {"networks": ["198.51.100.0/24"]}, id="c", position=3),
    ]
    call = track(context={"ip": "203.0.113.77"})
    context = json.loads(cleaned([call], *rules).row["context"])
    assert context["location"]["city"] == "Shanghai"
    assert "ip" not in context
    names = [stage.name for stage in programs(*rules).of("s1")]
    assert names == ["clean:c", "enrich:b", "protect:a"]


@given(st.ip_addresses(), st.integers(0, 32), st.integers(0, 128))
def test_what_is_left_of_an_address_is_its_network(address, ipv4, ipv6):
    mapped = getattr(address, "ipv4_mapped", None)
    whole = mapped or address
    bits = ipv4 if whole.version == 4 else ipv6
    left = ip_address(anonymized(str(address), ipv4, ipv6))
    assert left == ip_network(f"{whole}/{bits}", strict=False)[0]
