"""Fixtures that every test may take."""

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
