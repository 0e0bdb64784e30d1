"""Databases of addresses in MaxMind's format, made for tests."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter
from netaddr import IPSet


def write(path: Path, networks: Mapping[str, Mapping[str, Any]]) -> None:
    """Write a database of networks."""
    writer = MMDBWriter(6, "Test-City", ipv4_compatible=True, float_type="f64")
    for network, found in networks.items():
        writer.insert_network(IPSet([network]), found)
    writer.to_db_file(str(path))
