"""Processes that the control role has started."""

from pathlib import Path

from headwater.testing.whole import Whole


def child(whole: Whole, module: str) -> int | None:
    """The process that does a module's tasks; None where none runs."""
    control = whole.roles().get("control")
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if int(stat[1]) == control and module.encode() in command:
            return int(folder.name)
    return None
