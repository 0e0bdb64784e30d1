"""Secrets at rest."""

import stat
from pathlib import Path

import pytest

from headwater.errors import HeadwaterError
from headwater.kit.vault import FILE_NAME, Vault, open_vault


def test_what_is_sealed_is_opened_by_the_same_key_alone() -> None:
    sealed = Vault("a key").seal("密 secret".encode())
    assert "secret" not in sealed
    assert Vault("a key").open(sealed).decode() == "密 secret"
    with pytest.raises(HeadwaterError, match="cannot be opened") as caught:
        Vault("another").open(sealed)
    assert caught.value.code == "wrong_secret_key"


def test_a_folder_keeps_a_key_of_its_own_for_its_owner_alone(tmp_path: Path) -> None:
    sealed = open_vault(tmp_path).seal(b"x")
    assert open_vault(tmp_path).open(sealed) == b"x"
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_a_key_from_outside_leaves_none_in_the_folder(tmp_path: Path) -> None:
    open_vault(tmp_path, "from outside").seal(b"x")
    assert list(tmp_path.iterdir()) == []
