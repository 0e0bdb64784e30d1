"""Where the roles of one machine meet: unix sockets, one per serving role."""

import hashlib
import tempfile
from pathlib import Path

_LONGEST = 100  # sun_path holds 108 bytes on Linux and 104 on macOS


def socket_path(data_dir: Path, role: str) -> Path:
    """The unix socket of a role, in the data folder, or in a short folder where that is too long.

    The folder is made, for its owner alone.
    """
    folder = data_dir.resolve() / "run"
    if len(str(folder / f"{role}.sock")) > _LONGEST:
        name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"headwater-{name}"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"{role}.sock"
