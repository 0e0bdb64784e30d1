"""Every option of Headwater: its name, type, default and one sentence.

An option is set in `headwater.toml`, in the environment variable `HEADWATER_` and its name in
capitals, or on the command line; the later wins. All problems are reported at once.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from headwater.errors import SettingsError

PREFIX = "HEADWATER_"
_ORIGINS = "settings-origins.json"
SECRETS = frozenset({"admin_token", "secret_key", "smtp_password", "token"})


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The options of one Headwater."""

    # Where
    data_dir: Annotated[Path, Meta(description="The folder that holds all state.")] = Path(
        "headwater-data"
    )
    host: Annotated[str, Meta(description="The address to listen on.")] = "127.0.0.1"
    port: Annotated[
        int, Meta(ge=0, le=65535, description="The port to listen on; 0 takes a free one.")
    ] = 8765
    public_url: Annotated[
        str,
        Meta(description="How others reach this server; empty derives it from host and port."),
    ] = ""
    trusted_proxies: Annotated[
        list[str],
        Meta(
            description="Addresses or CIDR ranges whose X-Forwarded-For is believed; "
            "in text form separated by commas."
        ),
    ] = []

    # Who
    admin_token: Annotated[
        str,
        Meta(description="The first owner's API token at the first start; empty makes one."),
    ] = ""
    secret_key: Annotated[
        str,
        Meta(description="The key that seals secrets at rest; empty keeps one in DIR/secret-key."),
    ] = ""
    url: Annotated[
        str, Meta(description="The server that client commands talk to; empty finds the local one.")
    ] = ""
    token: Annotated[
        str,
        Meta(description="The API token of client commands; empty reads the data folder's."),
    ] = ""

    # Collecting
    max_request_bytes: Annotated[
        int, Meta(ge=1024, description="The largest request body, inflated, in bytes.")
    ] = 5_000_000
    max_event_bytes: Annotated[
        int, Meta(ge=256, description="The largest event, as JSON, in bytes.")
    ] = 32_768
    max_batch_events: Annotated[
        int, Meta(ge=1, description="The most events a batch may hold; more are quarantined.")
    ] = 2500
    max_nesting: Annotated[
        int, Meta(ge=4, le=500, description="The deepest nesting of objects and arrays.")
    ] = 100
    rate_limit: Annotated[
        int,
        Meta(ge=0, description="The most requests per second from one source; 0 sets no limit."),
    ] = 0
    header_timeout_seconds: Annotated[
        float, Meta(gt=0, description="How long a client may take to send a request's head.")
    ] = 15.0
    body_timeout_seconds: Annotated[
        float, Meta(gt=0, description="How long a client may take to send a request's body.")
    ] = 30.0
    keep_alive_seconds: Annotated[
        float, Meta(gt=0, description="How long an idle connection is kept open.")
    ] = 75.0
    max_connections: Annotated[
        int, Meta(ge=16, description="The most open connections; more are answered with 503.")
    ] = 12_000

    # The log
    log_max_age_days: Annotated[
        float, Meta(gt=0, description="How many days the log keeps what everyone has read.")
    ] = 7.0
    log_max_bytes: Annotated[
        int, Meta(ge=1_000_000, description="How many bytes of read records the log keeps.")
    ] = 20_000_000_000
    log_segment_bytes: Annotated[
        int, Meta(ge=100_000, description="How large one file of the log grows, in bytes.")
    ] = 268_435_456
    disk_reserve_bytes: Annotated[
        int,
        Meta(ge=0, description="Events are refused with 503 while the disk has less room left."),
    ] = 1_000_000_000

    # The archive
    archive: Annotated[
        str,
        Meta(
            pattern=r"^(on|off|[a-z0-9]+://.+)$",
            description="What was collected, for longer than the log: on (in DIR/archive), off, "
            "or its address, such as s3://bucket/prefix.",
        ),
    ] = "on"
    archive_days: Annotated[
        float, Meta(ge=0, description="How many days the archive keeps requests; 0 keeps them all.")
    ] = 365.0
    archive_interval_seconds: Annotated[
        float, Meta(gt=0, description="How often the archive takes in what was collected.")
    ] = 60.0

    # Uploads
    upload_max_bytes: Annotated[
        int, Meta(ge=1_000_000, description="The largest file that can be uploaded, in bytes.")
    ] = 10_000_000_000
    upload_days: Annotated[
        float, Meta(gt=0, description="How many days uploaded files are kept.")
    ] = 7.0

    # Connections
    connections_folder: Annotated[
        str,
        Meta(
            description="The folder of this machine whose files connections may read: SQLite and "
            "DuckDB databases, watched files. None by default."
        ),
    ] = ""
    connections_allowed: Annotated[
        list[str],
        Meta(
            description="Private hosts or CIDR ranges whose HTTP addresses connections may read; "
            "all others that are not on the public internet are refused."
        ),
    ] = []

    # Tracking plans
    plan_drift_minutes: Annotated[
        float,
        Meta(
            ge=0,
            description="How often, in minutes, what is sent is compared with its tracking plan; "
            "0 never.",
        ),
    ] = 60.0

    # The pipeline
    dedupe_days: Annotated[
        float, Meta(gt=0, description="How many days a messageId is remembered.")
    ] = 30.0
    batch_max_events: Annotated[
        int, Meta(ge=1, description="The most events that the pipeline handles at once.")
    ] = 10_000

    # Functions
    python_functions: Annotated[
        list[str],
        Meta(
            description="Python modules whose handlers events go through, unbounded, in the "
            "pipeline's own process: only code that you trust."
        ),
    ] = []
    function_event_seconds: Annotated[
        float, Meta(gt=0, le=60, description="How long a function may take for one event.")
    ] = 2.0
    function_batch_seconds: Annotated[
        float, Meta(gt=0, le=300, description="How long a function may take for a batch of events.")
    ] = 5.0
    function_memory_bytes: Annotated[
        int, Meta(ge=80_000_000, description="How much memory a function may take.")
    ] = 192_000_000
    function_fetch_allowed: Annotated[
        list[str],
        Meta(
            description="Private hosts or CIDR ranges that functions may call; all others that "
            "are not on the public internet are refused."
        ),
    ] = []
    geoip_dir: Annotated[
        str,
        Meta(description="The folder of GeoIP databases (.mmdb); empty is DIR/geoip."),
    ] = ""

    # The warehouse
    load_interval_seconds: Annotated[
        float, Meta(gt=0, description="How often new events are loaded into the warehouse.")
    ] = 0.5
    load_max_events: Annotated[
        int, Meta(ge=1, description="The most events loaded in one transaction.")
    ] = 50_000
    warehouse_memory: Annotated[
        str,
        Meta(
            pattern=r"^\d+(\.\d+)? ?([KMGT]B|[KMGT]iB)$",
            description="How much memory the warehouse may use, such as 400MB.",
        ),
    ] = "256MB"
    warehouse_threads: Annotated[
        int, Meta(ge=0, description="How many threads a query may use; 0 takes every core.")
    ] = 0
    warehouse_wal_bytes: Annotated[
        int, Meta(ge=1_000_000, description="How large the warehouse's write-ahead log grows.")
    ] = 67_108_864
    max_event_tables: Annotated[
        int,
        Meta(ge=1, description="The most event tables of a source; further events stay in tracks."),
    ] = 500
    max_columns: Annotated[
        int,
        Meta(ge=10, description="The most columns of a table; further values stay in the JSON."),
    ] = 1000

    # Asking
    query_max_rows: Annotated[
        int, Meta(ge=1, description="The most rows that a query answers with.")
    ] = 100_000
    query_timeout_seconds: Annotated[float, Meta(gt=0, description="How long a query may run.")] = (
        60.0
    )
    query_concurrency: Annotated[
        int, Meta(ge=1, description="How many queries run at once; further ones wait.")
    ] = 4

    # E-mail
    smtp_host: Annotated[
        str, Meta(description="The mail server that takes our messages; empty sends none.")
    ] = ""
    smtp_port: Annotated[int, Meta(ge=1, le=65535, description="The mail server's port.")] = 587
    smtp_security: Annotated[
        str,
        Meta(
            pattern="^(starttls|tls|none)$",
            description="starttls, tls (from the first byte), or none (for a server next door).",
        ),
    ] = "starttls"
    smtp_username: Annotated[
        str, Meta(description="The name to sign in to the mail server with; empty does not.")
    ] = ""
    smtp_password: Annotated[str, Meta(description="The password to the mail server.")] = ""
    mail_from: Annotated[
        str, Meta(description="The address that messages come from, such as cdp@example.com.")
    ] = ""

    # Running
    drain_seconds: Annotated[
        float, Meta(gt=0, description="How long a stop may take to finish what was accepted.")
    ] = 30.0
    log_level: Annotated[
        str, Meta(pattern="^(debug|info|warning|error)$", description="debug, info, warning, error")
    ] = "info"
    log_format: Annotated[
        str, Meta(pattern="^(auto|json|text)$", description="auto is text on a terminal, else json")
    ] = "auto"

    @property
    def geoip_folder(self) -> Path:
        """Where GeoIP databases are."""
        return Path(self.geoip_dir) if self.geoip_dir else self.data_dir / "geoip"


class Option(msgspec.Struct, frozen=True):
    """One option, as the reference page and the command line show it."""

    name: str
    type: str
    default: object
    description: str

    @property
    def environment(self) -> str:
        return PREFIX + self.name.upper()


def options() -> Iterator[Option]:
    """Every option, in the order of their declaration."""
    for field in msgspec.inspect.type_info(Settings).fields:  # type: ignore[attr-defined]
        inner = field.type
        description = ""
        if isinstance(inner, msgspec.inspect.Metadata):
            description = (inner.extra_json_schema or {}).get("description", "")
            inner = inner.type
        yield Option(
            name=field.name,
            type=_type_name(inner),
            default=field.default_factory()
            if field.default is msgspec.NODEFAULT
            else field.default,
            description=description,
        )


def _type_name(kind: object) -> str:
    name = type(kind).__name__.removesuffix("Type").lower()
    return {"custom": "path", "list": "list of text", "str": "text"}.get(name, name)


def load(
    arguments: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    file: Path | None = None,
) -> Settings:
    """The settings from a TOML file, the environment and the command line; the later wins.

    `file` is read where it exists (it must when the environment's HEADWATER_CONFIG names it).
    Raises SettingsError, which lists every problem.
    """
    problems: list[str] = []
    known = {option.name for option in options()}
    values = _given(arguments or {}, environment or {}, file, problems)
    good: dict[str, Any] = {}
    for name, (origin, value) in values.items():
        if name not in known:
            problems.append(f"{origin}: there is no option {name!r}.")
            continue
        try:
            good[name] = _convert(name, value)
        except msgspec.ValidationError as error:
            shown = "(hidden)" if name in SECRETS else repr(value)
            problems.append(f"{origin}: {name} cannot be {shown}: {error}.")
    problems += _no_networks(good.get("trusted_proxies", ()))
    if problems:
        raise SettingsError(sorted(problems))
    return Settings(**good)


def origins(
    arguments: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    file: Path | None = None,
) -> dict[str, str]:
    """Where the value of each option comes from that has not its default: a file, a variable, or
    an option of the command line."""
    values = _given(arguments or {}, environment or {}, file, [])
    return {name: origin for name, (origin, _) in values.items()}


def keep_origins(run: Path, found: Mapping[str, str]) -> None:
    """Keep where the settings of a supervisor come from: its roles get them by the environment."""
    (run / _ORIGINS).write_bytes(msgspec.json.encode(found))


def kept_origins(run: Path) -> dict[str, str] | None:
    """What a supervisor kept in its run folder; None where none runs."""
    try:
        return msgspec.json.decode((run / _ORIGINS).read_bytes(), type=dict[str, str])
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def _given(
    arguments: Mapping[str, object],
    environment: Mapping[str, str],
    file: Path | None,
    problems: list[str],
) -> dict[str, tuple[str, object]]:
    """Where each given option comes from, and its value."""
    named = environment.get(f"{PREFIX}CONFIG")
    values = _from_file(Path(named) if named else file, required=bool(named), problems=problems)
    for option in options():
        if (text := environment.get(option.environment)) is not None:
            values[option.name] = (option.environment, text)
    for name, value in arguments.items():
        if value is not None:
            values[name] = (f"--{name.replace('_', '-')}", value)
    return values


def _no_networks(ranges: Sequence[str]) -> Iterator[str]:
    for text in ranges:
        try:
            ip_network(text, strict=False)
        except ValueError:
            yield f"trusted_proxies: {text!r} is no address and no CIDR range."


def to_environment(settings: Settings) -> dict[str, str]:
    """The variables by which another process gets exactly these settings."""
    texts: dict[str, str] = {}
    for option in options():
        value = getattr(settings, option.name)
        texts[option.environment] = ",".join(value) if isinstance(value, list) else str(value)
    return texts


def _from_file(
    path: Path | None, *, required: bool, problems: list[str]
) -> dict[str, tuple[str, object]]:
    if path is None or (not required and not path.is_file()):
        return {}
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        problems.append(f"{path}: cannot be read: {error.strerror}.")
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{path}: is not TOML: {error}.")
        return {}
    return {name: (str(path), value) for name, value in table.items()}


_TYPES: dict[str, Any] = Settings.__annotations__


def _convert(name: str, value: object) -> object:
    kind = _TYPES[name]
    if kind.__origin__ is Path:
        if not isinstance(value, str | Path) or not str(value):
            raise msgspec.ValidationError("Expected a path")
        return Path(value).expanduser()
    if isinstance(value, str) and kind.__origin__ == list[str]:
        value = [part.strip() for part in value.split(",") if part.strip()]
    return msgspec.convert(value, kind, strict=False)
