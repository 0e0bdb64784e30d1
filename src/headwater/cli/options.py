"""The settings as options of commands.

A command takes one parameter `options: ClientOptions | None = None` (or another of the groups
below) and reads its settings with `settings_of(options)`.
"""

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from headwater.settings import SECRETS, Option, Settings, load, options, origins

CONFIG_FILE = Path("headwater.toml")
CONFIG_VARIABLE: Final = "HEADWATER_CONFIG"

DATA = ("data_dir",)
CLIENT = ("data_dir", "url", "token")


class Options:
    """Settings given on a command line: those not given are None."""

    config: Path | None

    def given(self) -> Mapping[str, object]:
        """The options that were given, by name."""
        return {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)  # type: ignore[arg-type]
            if field.name != "config" and getattr(self, field.name) is not None
        }


def settings_of(given: Options | None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of a command: `headwater.toml`, the environment, and what was given.

    Raises SettingsError, which lists every problem.
    """
    return load(*_sources(given, os.environ if environment is None else environment))


def origins_of(given: Options | None) -> dict[str, str]:
    """Where each setting of a command comes from that has not its default."""
    return origins(*_sources(given, os.environ))


def _sources(
    given: Options | None, environment: Mapping[str, str]
) -> tuple[Mapping[str, object], Mapping[str, str], Path]:
    if given is None:
        return {}, environment, CONFIG_FILE
    if given.config is not None:
        environment = {**environment, CONFIG_VARIABLE: str(given.config)}
    return given.given(), environment, CONFIG_FILE


def _declare(name: str, names: tuple[str, ...]) -> type:
    """A group of options as the dataclass that cyclopts reads, made from the settings' table."""
    known = {option.name: option for option in options()}
    config = Parameter(help=f"The settings file. [default: {CONFIG_FILE}; {CONFIG_VARIABLE}]")
    fields: list[tuple[str, object, None]] = [("config", Annotated[Path | None, config], None)]
    fields += [(each, _annotation(known[each]), None) for each in names]
    made = dataclasses.make_dataclass(
        name,
        fields,
        bases=(Options,),
        kw_only=True,
        frozen=True,
        namespace={"__module__": __name__},
    )
    return Parameter(name="*")(made)


def _annotation(option: Option) -> object:
    shown = "" if option.name in SECRETS or option.default in ("", []) else f"{option.default}; "
    text = f"{option.description} [default: {shown}{option.environment}]"
    return Annotated[str | None, Parameter(help=text, show_default=False)]


if TYPE_CHECKING:

    class DataOptions(Options):
        """Where the data folder is: for commands that work on it themselves."""

    class ClientOptions(Options):
        """How to reach a server: for commands that talk to one, or to a data folder at rest."""

    class ServerOptions(Options):
        """Every option of a server."""

else:
    DataOptions = _declare("DataOptions", DATA)
    ClientOptions = _declare("ClientOptions", CLIENT)
    ServerOptions = _declare(
        "ServerOptions",
        tuple(each.name for each in options() if each.name not in ("url", "token")),
    )
