"""`headwater metric`: metrics and dimensions, kept in one file."""

import tomllib
from pathlib import Path
from typing import Annotated, Any

import yaml
from cyclopts import App, Parameter

from headwater.cli.connection import call
from headwater.cli.options import ClientOptions, settings_of
from headwater.cli.printing import print_json
from headwater.cli.private_server import server
from headwater.errors import BadRequestError

app = App(name="metric", help="Metrics and dimensions, which the API and SQL share.")
_PATH = "/api/metrics"


@app.command(name="list")
def list_(*, options: ClientOptions | None = None) -> None:
    """Print each metric and dimension, with what stands for it in SQL."""
    with server(settings_of(options)) as connection:
        found = call(connection, "GET", _PATH)
    for kind in ("metrics", "dimensions"):
        for each in found[kind]:
            print(f"{kind.removesuffix('s'):<10} {each['name']:<24} {found['sql'][each['name']]}")


@app.command
def show(*, options: ClientOptions | None = None) -> None:
    """Print them as JSON, as `set` takes it."""
    with server(settings_of(options)) as connection:
        found = call(connection, "GET", _PATH)
    print_json({name: found[name] for name in ("metrics", "dimensions")})


@app.command(name="set")
def set_(
    file: Annotated[Path, Parameter(help="TOML, YAML or JSON; it holds all of them.")],
    /,
    *,
    options: ClientOptions | None = None,
) -> None:
    """Put what a file defines in the place of all metrics and dimensions."""
    body = _read(file)
    with server(settings_of(options)) as connection:
        found = call(connection, "PUT", _PATH, body)
    print(
        f"Version {found['version']}: {len(found['metrics'])} metrics, "
        f"{len(found['dimensions'])} dimensions."
    )


def _read(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text("utf-8")
        # JSON is YAML.
        found = tomllib.loads(text) if file.suffix == ".toml" else yaml.safe_load(text)
    except OSError as error:
        raise BadRequestError(f"{file} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadRequestError(f"{file} is not {file.suffix or 'YAML'}: {error}.") from error
    if not isinstance(found, dict):
        raise BadRequestError(f"{file} has no `metrics` and no `dimensions`.")
    return found
