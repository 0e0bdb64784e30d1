"""`headwater settings`: every option, its value and where that was set."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from headwater.cli.options import CONFIG_FILE, CONFIG_VARIABLE, ServerOptions, settings_of
from headwater.settings import SECRETS, Option, options

_HEAD = """# Settings

Every option can be set in `headwater.toml`, in its environment variable, and on the command line
(`data_dir` is `--data-dir` there) of the commands that it concerns; the later wins. Another file
is named by `--config` or `HEADWATER_CONFIG`. Problems are reported all at once, at the start.
`headwater settings` shows what is set on your machine, and where.

This page is made by `headwater settings --markdown`.

| option | variable | type | default | what it is |
| --- | --- | --- | --- | --- |
"""


def settings(
    *,
    markdown: Annotated[
        bool, Parameter(help="Print the reference page instead.", negative="")
    ] = False,
    options: ServerOptions | None = None,
) -> None:
    """List every option, its value and where it is set. Secrets are not shown."""
    if markdown:
        print(reference(), end="")
        return
    chosen = settings_of(options)
    given = options.given() if options else {}
    file = (options.config if options else None) or Path(
        os.environ.get(CONFIG_VARIABLE, CONFIG_FILE)
    )
    in_file = tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}
    table = Table("Option", "Value", "Set by", box=None)
    for option in _all_options():
        value = getattr(chosen, option.name)
        origin = _origin(option, given, os.environ, str(file) if option.name in in_file else "")
        shown = "(hidden)" if option.name in SECRETS and value else _text(value)
        table.add_row(option.name, shown, origin)
    Console(soft_wrap=True).print(table)


def reference() -> str:
    """The reference page of all options, in Markdown."""
    rows = (
        f"| `{option.name}` | `{option.environment}` | {option.type} | {_default(option)} "
        f"| {option.description} |\n"
        for option in _all_options()
    )
    return _HEAD + "".join(rows)


def _all_options() -> list[Option]:
    return list(options())


def _origin(
    option: Option, given: Mapping[str, object], environment: Mapping[str, str], file: str
) -> str:
    if option.name in given:
        return f"--{option.name.replace('_', '-')}"
    if option.environment in environment:
        return option.environment
    return file or "default"


def _default(option: Option) -> str:
    text = _text(option.default)
    return f"`{text}`" if text else "empty"


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
