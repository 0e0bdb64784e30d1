"""References to secrets, in files and against a server's masks."""

from pathlib import Path

import pytest

from headwater.configuration.references import UNTOLD, comparable, resolved, written
from headwater.errors import BadRequestError

SECRET = "0123456789abcdef"
MASK = "••••••••cdef"


def test_a_variable_and_a_file_stand_for_what_they_hold(tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text("from a file\n")
    said = {"a": "${env:KEY}", "b": ["${file:key.txt}"], "c": "plain ${env:KEY}"}

    found = resolved(said, {"KEY": SECRET}, tmp_path)

    assert found == {"a": SECRET, "b": ["from a file"], "c": "plain ${env:KEY}"}


@pytest.mark.parametrize("reference", ["${env:MISSING}", "${file:missing.txt}"])
def test_what_is_not_there_is_named(tmp_path: Path, reference: str) -> None:
    with pytest.raises(BadRequestError, match=r"MISSING|missing\.txt"):
        resolved({"a": reference}, {}, tmp_path)


def test_a_mask_is_written_as_a_reference_named_after_its_owner() -> None:
    assert written({"settings": {"apiKey": MASK, "region": "eu"}}, "my_shop") == {
        "settings": {"apiKey": "${env:MY_SHOP_API_KEY}", "region": "eu"}
    }


def test_the_same_secret_is_no_difference_and_another_is() -> None:
    local, remote = {"apiKey": "${env:KEY}"}, {"apiKey": MASK}

    assert comparable(local, remote, lambda _: SECRET) == remote
    assert comparable(local, remote, lambda _: "fedcba9876543210") != remote


def test_a_secret_that_cannot_be_looked_up_counts_as_unchanged() -> None:
    remote = {"apiKey": MASK}

    assert comparable({"apiKey": "${env:KEY}"}, remote, lambda _: None) == remote


def test_a_secret_of_which_nothing_is_told_counts_as_unchanged() -> None:
    remote = {"PASSWORD": UNTOLD}

    assert comparable({"PASSWORD": "${env:KEY}"}, remote, lambda _: SECRET) == remote
    assert comparable({"OTHER": "${env:KEY}"}, remote, lambda _: SECRET) != remote
