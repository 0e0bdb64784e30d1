"""The claim on a data folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from headwater.errors import ConflictError
from headwater.kit.claim import Claim, announced, is_claimed


def test_a_folder_has_one_claim(tmp_path: Path) -> None:
    with Claim(tmp_path / "new"), pytest.raises(ConflictError, match="Another Headwater"):
        Claim(tmp_path / "new")


def test_shared_claims_stand_together_and_keep_others_out(tmp_path: Path) -> None:
    with Claim(tmp_path, is_shared=True), Claim(tmp_path, is_shared=True):
        assert is_claimed(tmp_path)
        with pytest.raises(ConflictError):
            Claim(tmp_path)
    assert not is_claimed(tmp_path)
    with Claim(tmp_path), pytest.raises(ConflictError):
        Claim(tmp_path, is_shared=True)


def test_a_closed_claim_is_free_again(tmp_path: Path) -> None:
    with Claim(tmp_path):
        assert is_claimed(tmp_path)
    assert not is_claimed(tmp_path)
    Claim(tmp_path).close()


def test_a_folder_that_never_was_is_not_claimed(tmp_path: Path) -> None:
    assert not is_claimed(tmp_path / "none")
    assert announced(tmp_path / "none") is None


def test_the_holder_says_where_it_answers(tmp_path: Path) -> None:
    with Claim(tmp_path) as claim:
        assert announced(tmp_path) is None
        claim.announce("http://127.0.0.1:1")
        found = announced(tmp_path)
        assert found is not None
        assert (found.url, found.pid) == ("http://127.0.0.1:1", os.getpid())
    assert announced(tmp_path) is None


def test_an_announcement_that_a_killed_server_left_is_not_believed(tmp_path: Path) -> None:
    program = f"""
import os
from pathlib import Path
from headwater.kit.claim import Claim
claim = Claim(Path({str(tmp_path)!r}))
claim.announce("http://127.0.0.1:1")
os._exit(9)
"""
    subprocess.run([sys.executable, "-c", program], check=False)
    assert announced(tmp_path) is None
    Claim(tmp_path).close()


def test_the_folders_of_processes_are_private(tmp_path: Path) -> None:
    Claim(tmp_path / "new").close()
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "new" / "run").stat().st_mode & 0o777 == 0o700
