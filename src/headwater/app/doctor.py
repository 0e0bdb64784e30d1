"""The checks of `headwater doctor`: of this machine, and of a data folder in use or at rest."""

import os
import resource
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from headwater.access import audit, heads
from headwater.app.archive import files_of
from headwater.app.log import open_log
from headwater.app.resting import resting_warehouse
from headwater.archive import store as archive
from headwater.databases.migrate import current_revision, newest_revision
from headwater.databases.sql import FILE_NAME, SqlDatabase, integrity_problems, sqlite_database
from headwater.errors import HeadwaterError
from headwater.kit.claim import Announcement, announced
from headwater.kit.clock import Clock, isoformat
from headwater.kit.sockets import socket_path
from headwater.ledger.read import read
from headwater.logs.sqlite import check
from headwater.ports import Log, Owner, Stream
from headwater.queries.model import LoaderLedger
from headwater.queries.remote import BlockingWarehouse
from headwater.settings import Settings

_BUILT_AT: Final = 1_764_000_000_000_000  # the end of November 2025: no clock is right before it
_AHEAD_MICROSECONDS: Final = 60_000_000
_FEW_FILES: Final = 4096
_FEW_PATHS: Final = 10
_ARCHIVED_SINCE: Final = "0012"


class Level(StrEnum):
    """How a check came out."""

    GOOD = "good"
    WARNING = "warning"
    """It works, and something should be mended."""
    PROBLEM = "problem"


class Finding(msgspec.Struct, frozen=True):
    """What a check found, and what to do about it (empty where nothing is to be done)."""

    check: str
    level: Level
    message: str
    remedy: str = ""


class Subject(msgspec.Struct, frozen=True):
    """What is examined: `server` runs on the data folder, or nothing does."""

    settings: Settings
    clock: Clock
    server: Announcement | None

    @property
    def folder(self) -> Path:
        return self.settings.data_dir


Findings = Iterator[tuple[Level, str, str]]


def examine(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Check the machine and then the data folder.

    The folder's checks build on each other: they end with the first that finds a problem.
    """
    subject = Subject(settings, clock, announced(settings.data_dir))
    for check_ in MACHINE:
        yield from _findings(check_, subject)
    if not subject.folder.exists():
        return
    for check_ in FOLDER:
        found = list(_findings(check_, subject))
        yield from found
        if any(finding.level is Level.PROBLEM for finding in found):
            return


def _findings(check_: "Check", subject: Subject) -> Iterator[Finding]:
    """What one check finds. A check that cannot be made is a problem too."""
    name, look = check_
    try:
        for level, message, remedy in look(subject):
            yield Finding(name, level, message, remedy)
    except HeadwaterError as error:
        yield Finding(name, Level.PROBLEM, error.message, error.hint)
    except OSError as error:
        yield Finding(name, Level.PROBLEM, f"{error}.", "Check who owns the data folder.")


def _python(_: Subject) -> Findings:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < (3, 11) or struct.calcsize("P") != 8:
        yield Level.PROBLEM, f"Python {version}.", "Use a 64-bit Python of version 3.11 or newer."
    else:
        yield Level.GOOD, f"Python {version}.", ""


def _files(_: Subject) -> Findings:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < _FEW_FILES:
        text = f"A process may open {hard} files, so few connections."
        yield Level.WARNING, text, "Raise it: ulimit -n, or LimitNOFILE in the service's unit."
    else:
        yield Level.GOOD, "Enough files may be open at once.", ""


def _clock(subject: Subject) -> Findings:
    now = subject.clock.now()
    newest = max((_changed_at(path) for path in _kept_files(subject.folder)), default=0)
    if now < _BUILT_AT:
        yield Level.PROBLEM, f"The clock says {isoformat(now)}.", "Set it, by NTP if you can."
    elif newest > now + _AHEAD_MICROSECONDS:
        text = f"The clock says {isoformat(now)}, and a file was changed at {isoformat(newest)}."
        yield Level.WARNING, text, "It was put back: check that it is right now."
    else:
        yield Level.GOOD, f"The clock says {isoformat(now)}.", ""


def _kept_files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.glob("*") if path.is_file())


def _changed_at(path: Path) -> int:
    return path.stat().st_mtime_ns // 1000


def _disk(subject: Subject) -> Findings:
    folder = next(
        each for each in (subject.folder, *subject.folder.absolute().parents) if each.exists()
    )
    status = os.statvfs(folder)
    free, reserve = status.f_bavail * status.f_frsize, subject.settings.disk_reserve_bytes
    text = f"{free / 1e9:,.1f} GB are free at {folder}."
    if free <= reserve:
        yield Level.PROBLEM, text, f"Events are refused below {reserve / 1e9:,.1f} GB: make room."
    elif free <= 2 * reserve:
        yield Level.WARNING, text, f"Events are refused below {reserve / 1e9:,.1f} GB."
    else:
        yield Level.GOOD, text, ""


def _port(subject: Subject) -> Findings:
    if subject.server is not None:
        yield Level.GOOD, f"A server runs at {subject.server.url}.", ""
        return
    host, port = subject.settings.host, subject.settings.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            text = f"Port {port} of {host} cannot be taken: {error.strerror}."
            yield Level.PROBLEM, text, "Choose another with --port, or stop what has it."
            return
    yield Level.GOOD, f"Port {port} of {host} is free.", ""


def _permissions(subject: Subject) -> Findings:
    if not os.access(subject.folder, os.R_OK | os.W_OK | os.X_OK):
        text = f"{subject.folder} cannot be written by this user."
        yield Level.PROBLEM, text, "Run as the folder's owner, or change its owner."
        return
    open_ones = [
        path
        for path in (subject.folder, subject.folder / "admin-token", subject.folder / FILE_NAME)
        if path.exists() and path.stat().st_mode & 0o077
    ]
    for path in open_ones:
        yield Level.WARNING, f"Others may read {path}.", f"chmod go-rwx {path}"
    if not open_ones:
        yield Level.GOOD, f"{subject.folder} is for its owner alone.", ""


def _state(subject: Subject) -> Findings:
    if not (subject.folder / FILE_NAME).exists():
        yield Level.GOOD, "There is no state yet.", ""
        return
    database = sqlite_database(subject.folder)
    try:
        found = integrity_problems(database)
        for text in found:
            yield Level.PROBLEM, f"{FILE_NAME}: {text}.", "Restore the folder from a backup."
        if not found:
            yield from _schema_and_trail(database, subject.folder)
    finally:
        database.close()


def _schema_and_trail(database: SqlDatabase, folder: Path) -> Findings:
    kept = heads.kept(folder)  # before the trail is looked at, which may grow meanwhile
    with database.reading() as connection:
        revision, newest = current_revision(connection), newest_revision()
        if revision is None or revision > newest:
            text = f"{FILE_NAME} has the schema {revision}, and this version knows {newest}."
            yield Level.PROBLEM, text, "Run the version of Headwater that made it."
            return
        broken = audit.first_broken(connection, kept)
    if broken is not None:
        text = f"The audit trail does not fit from entry {broken} on."
        yield Level.PROBLEM, text, "Someone changed the database. Compare it with a backup."
    else:
        yield Level.GOOD, "The configuration is sound, and its audit trail fits.", ""


def _log(subject: Subject) -> Findings:
    directory = subject.folder / "log"
    found = list(check.problems(directory))
    for text in found:
        yield Level.PROBLEM, text, "Stop the server and restore the folder from a backup."
    if not found:
        yield Level.GOOD, f"{len(check.segments(directory))} files of the log are whole.", ""


def _archive(subject: Subject) -> Findings:
    """The archive's files are there, in full."""
    files = files_of(subject.settings)
    if files is None:
        yield Level.GOOD, "The archive is off: requests are kept as long as the log has them.", ""
        return
    if not (subject.folder / FILE_NAME).exists():
        return
    database = sqlite_database(subject.folder)
    try:
        with database.reading() as connection:
            if (current_revision(connection) or "") < _ARCHIVED_SINCE:
                return
            known, held = archive.files(connection), archive.size(connection)
    finally:
        database.close()
    # Listed after the catalogue was read: what was replaced meanwhile stays for an hour.
    found = files.sizes() if known else {}
    lost = [each.path for each in known if found.get(each.path) != each.bytes]
    for path in lost[:_FEW_PATHS]:
        text = f"The archive's file {path} is missing or not whole."
        yield Level.PROBLEM, text, f"Restore it below {files.place} from a backup."
    if not lost:
        size = f"{held.requests:,} requests in {held.files:,} files, {held.bytes / 1e6:,.1f} MB"
        yield Level.GOOD, f"The archive is whole: {size}.", ""


def _warehouse(subject: Subject) -> Findings:
    """The warehouse opens or answers, its positions are in the log, and the ledger balances."""
    loader = _loader(subject)
    log = open_log(subject.settings)
    try:
        ahead = list(_ahead(subject, log, loader))
        for text in ahead:
            yield Level.PROBLEM, text, "The log is older than the warehouse: restore both at once."
        if ahead:
            return
        ledger = read(log, loader.positions, loader.tallies)
    finally:
        log.close()
    yield Level.GOOD, "The warehouse answers, and its positions are in the log.", ""
    if ledger.is_balanced:
        counts = f"{ledger.totals.accepted:,} events, {ledger.totals.waiting:,} waiting"
        yield Level.GOOD, f"The ledger balances: {counts}.", ""
    else:
        text = f"The ledger does not balance, by {ledger.totals.difference:,} events."
        yield Level.PROBLEM, text, "`headwater ledger` shows where. Please report it."


def _loader(subject: Subject) -> LoaderLedger:
    if subject.server is None:
        with resting_warehouse(subject.settings) as (warehouse, _):
            return warehouse.ledger()
    remote = BlockingWarehouse(socket_path(subject.folder, "warehouse"))
    try:
        return remote.ledger()
    finally:
        remote.close()


def _ahead(subject: Subject, log: Log, loader: LoaderLedger) -> Iterator[str]:
    """Positions beyond the end of what they are positions in."""
    consumed = log.snapshot(Owner.PIPELINE, Stream.ACCEPTED, {}).consumed
    pipeline = {stream.value: positions for stream, positions in consumed.items()}
    # The ends are read last: what is being written now only moves them on.
    ends = check.ends(subject.folder / "log")
    for reader, read_up_to in (("pipeline", pipeline), ("loader", loader.positions)):
        for stream, positions in read_up_to.items():
            for partition, position in positions.items():
                end = ends.get((Stream(stream), partition), 0)
                if position > end:
                    yield f"The {reader} has read {stream} up to {position}; it ends at {end}."


Check = tuple[str, Callable[[Subject], Findings]]

MACHINE: Final[tuple[Check, ...]] = (
    ("python", _python),
    ("open files", _files),
    ("clock", _clock),
    ("disk", _disk),
    ("port", _port),
)
FOLDER: Final[tuple[Check, ...]] = (
    ("permissions", _permissions),
    ("configuration", _state),
    ("log", _log),
    ("archive", _archive),
    ("warehouse", _warehouse),
)
