"""A bucket that is watched: at a real server that speaks S3."""

from collections.abc import Iterator
from typing import Any, Final

import boto3
import pytest
from moto.server import ThreadedMotoServer

from headwater.errors import LocationError
from headwater.locations.around import Around
from tests.locations.conftest import Tracking, Watch, rows

SECRETS: Final = {"KEY": "key-id", "SECRET": "s3cret-key"}


def client_of(address: str) -> Any:
    """A client that writes to the storage."""
    return boto3.client(
        "s3",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id=SECRETS["KEY"],
        aws_secret_access_key=SECRETS["SECRET"],
    )


@pytest.fixture(scope="module")
def storage() -> Iterator[tuple[str, Any]]:
    """The storage's address, and a client that writes there."""
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    yield address, client_of(address)
    server.stop()


def where(address: str, url: str, more: str = "") -> str:
    return (
        f'url = "{url}"\n{more}\n[location.s3]\nendpoint = "{address}"\n'
        'access_key_id = "${KEY}"\nsecret_access_key = "${SECRET}"\n'
    )


def test_objects_are_imported_once_and_changed_ones_again(
    storage: tuple[str, Any], tracking: Tracking, watch: Watch
) -> None:
    address, client = storage
    client.create_bucket(Bucket="drop")
    put = client.put_object
    put(Bucket="drop", Key="in/2026/orders-1.csv", Body=rows("o1", "o2").encode())
    put(Bucket="drop", Key="in/2026/orders-2.csv", Body=rows("o3").encode())
    put(Bucket="drop", Key="in/2026/readme.md", Body=b"no data")
    put(Bucket="drop", Key="in/2026/", Body=b"")
    put(Bucket="drop", Key="out/orders-9.csv", Body=rows("o9").encode())
    location = where(address, "s3://drop/in/", 'pattern = "*orders-*.csv"')
    around = Around(secrets=SECRETS)
    first = watch(location, around=around)
    assert (first.files, first.imported) == (2, 2)
    assert tracking.users() == ["o1", "o2", "o3"]
    assert watch(location, around=around).files == 0
    # as large as before, within the same second: its ETag tells
    put(Bucket="drop", Key="in/2026/orders-2.csv", Body=rows("o4").encode())
    put(Bucket="drop", Key="in/2026/orders-3.csv", Body=rows("o5").encode())
    assert watch(location, around=around).imported == 2
    assert tracking.users()[3:] == ["o4", "o5"]


def test_a_large_object_is_fetched_in_pieces(
    storage: tuple[str, Any], tracking: Tracking, watch: Watch
) -> None:
    address, client = storage
    client.create_bucket(Bucket="many")
    large = "id,n\n" + "".join(f"u{n},{'x' * 200}\n" for n in range(60_000))
    client.put_object(Bucket="many", Key="z.csv", Body=large.encode())
    done = watch(where(address, "s3://many", 'pattern = "*.csv"'), around=Around(secrets=SECRETS))
    assert (done.files, done.events) == (1, 60_000)
    assert tracking.distinct() == 60_000


def test_a_bucket_that_is_not_there_is_an_error_without_secrets(
    storage: tuple[str, Any], watch: Watch
) -> None:
    with pytest.raises(LocationError) as raised:
        watch(where(storage[0], "s3://none"), around=Around(secrets=SECRETS))
    assert SECRETS["SECRET"] not in str(raised.value)
