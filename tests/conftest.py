"""Fixtures that every test may take."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

# A busy machine is no fault of an example.
hypothesis.settings.register_profile("headwater", deadline=None)
hypothesis.settings.load_profile("headwater")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and vectors beside the checkout; a clone elsewhere has none."""
    if not SHARED.is_dir():
        pytest.skip("../shared does not stand beside this checkout: its data and vectors not run")
    return SHARED


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mounts a disk of so many megabytes; needs the right to mount."""
    mounted: list[Path] = []

    def mount(megabytes: int) -> Path:
        folder = tmp_path / f"disk-{len(mounted)}"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip(
                "a small disk cannot be mounted here (it needs root): a full one is not run"
            )
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)
