"""A folder as one file, and back."""

import io
import tarfile
from pathlib import Path

import pytest

from headwater.errors import BadRequestError, ConflictError
from headwater.kit.archive import pack, unpack

NONE: frozenset[str] = frozenset()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "log" / "0").mkdir(parents=True)
    (folder / "run").mkdir()
    (folder / "state.db").write_bytes(b"state")
    (folder / "log" / "0" / "1.db").write_bytes(b"x" * 3_000_000)
    (folder / "run" / "lock").write_bytes(b"")
    return folder


def test_what_is_packed_comes_back_the_same(folder: Path, tmp_path: Path) -> None:
    assert pack(folder, tmp_path / "b.tar.gz", leave_out=frozenset({"run"})) == 2
    assert unpack(tmp_path / "b.tar.gz", tmp_path / "again") == 2
    assert (tmp_path / "again" / "state.db").read_bytes() == b"state"
    assert (tmp_path / "again" / "log" / "0" / "1.db").read_bytes() == b"x" * 3_000_000
    assert not (tmp_path / "again" / "run").exists()


def test_what_is_restored_is_readable_by_its_owner_alone(folder: Path, tmp_path: Path) -> None:
    pack(folder, tmp_path / "b.tar.gz", leave_out=NONE)
    unpack(tmp_path / "b.tar.gz", tmp_path / "again")
    assert (tmp_path / "b.tar.gz").stat().st_mode & 0o077 == 0
    assert (tmp_path / "again" / "state.db").stat().st_mode & 0o077 == 0


def test_a_file_that_exists_is_not_overwritten(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "b.tar.gz").write_bytes(b"precious")
    with pytest.raises(ConflictError):
        pack(folder, tmp_path / "b.tar.gz", leave_out=NONE)
    assert (tmp_path / "b.tar.gz").read_bytes() == b"precious"


def test_a_backup_does_not_hold_itself(folder: Path) -> None:
    with pytest.raises(ConflictError, match="lies in the folder"):
        pack(folder, folder / "b.tar.gz", leave_out=NONE)


def test_a_folder_with_content_is_not_restored_into(folder: Path, tmp_path: Path) -> None:
    pack(folder, tmp_path / "b.tar.gz", leave_out=NONE)
    with pytest.raises(ConflictError, match="not empty"):
        unpack(tmp_path / "b.tar.gz", folder)


def test_a_damaged_backup_leaves_no_folder(folder: Path, tmp_path: Path) -> None:
    pack(folder, tmp_path / "b.tar.gz", leave_out=NONE)
    content = (tmp_path / "b.tar.gz").read_bytes()
    (tmp_path / "half.tar.gz").write_bytes(content[: len(content) // 2])
    with pytest.raises(BadRequestError, match="cannot be restored"):
        unpack(tmp_path / "half.tar.gz", tmp_path / "again")
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside", "a/../../outside"])
def test_a_file_cannot_leave_the_folder(tmp_path: Path, name: str) -> None:
    with tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.size = 4
        tar.addfile(member, io.BytesIO(b"evil"))
    with pytest.raises(BadRequestError, match="no file of a data folder"):
        unpack(tmp_path / "evil.tar.gz", tmp_path / "again")
    assert not (tmp_path / "outside").exists()


def test_a_link_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as tar:
        member = tarfile.TarInfo("link")
        member.type = tarfile.SYMTYPE
        member.linkname = "/etc/passwd"
        tar.addfile(member)
    with pytest.raises(BadRequestError):
        unpack(tmp_path / "evil.tar.gz", tmp_path / "again")
