"""The command line: one file per command, imported only when its command is given."""

import os
import sys
from typing import TYPE_CHECKING, Final

import msgspec

from headwater import __version__
from headwater.errors import HeadwaterError, SettingsError

if TYPE_CHECKING:
    from cyclopts import App


class Command(msgspec.Struct, frozen=True):
    """One command: its name, the function or App that runs it, and its sentence in the list."""

    name: str
    target: str
    summary: str
    is_shown: bool = True


COMMANDS: Final = (
    Command("serve", "serve:serve", "Run everything on this machine."),
    Command("run", "run:run", "Run one role alone."),
    Command("welcome", "welcome:welcome", "Make a first source and say how to send an event."),
    Command("source", "source:app", "Make and list sources and their write keys."),
    Command("user", "user:app", "Invite and list people; reset a password."),
    Command("token", "token:app", "Make, list and revoke API tokens."),
    Command("snippet", "snippet:snippet", "Print the code that makes a web page send events."),
    Command("import", "import_:import_", "Make events of a file."),
    Command("convert", "convert:convert", "Write a file in another format."),
    Command("pull", "pull:pull", "Make events of the rows of a database as they change."),
    Command("watch", "watch:watch", "Import the files that appear in a bucket, at an address, ..."),
    Command("consume", "consume:consume", "Make events of the messages of Kafka topics."),
    Command("query", "query:query", "Ask the warehouse in SQL."),
    Command("analyse", "analyse:analyse", "Ask an analysis: campaigns, attribution, …"),
    Command("export", "export:app", "Write stored events, one JSON object a line."),
    Command("warehouse", "warehouse:app", "Show what the warehouse makes of events."),
    Command("quarantine", "quarantine:app", "Mend the events kept aside and send them on."),
    Command("metric", "metric:app", "Keep metrics and dimensions, which the API and SQL share."),
    Command("rule", "rule:app", "Keep cleaning rules, and try them before they are on."),
    Command("plan", "plan:app", "Tracking plans: keep them in files, infer them, make code."),
    Command(
        "transformation",
        "transformation:app",
        "Keep transformations, and try them before they are on.",
    ),
    Command("sync", "sync:app", "Say which source wins for which trait, and see why."),
    Command("function", "function:app", "Keep functions, try them, deploy and connect them."),
    Command(
        "whatif", "whatif:whatif", "Say what changes would do to events, before they are made."
    ),
    Command("replay", "replay:app", "Lead collected events through the pipeline again."),
    Command(
        "connection", "connections:app", "Let the server read databases, applications and files."
    ),
    Command("webhook", "webhook:app", "Say who sends to webhook sources."),
    Command("trace", "trace:trace", "Show an event's way through all stages."),
    Command("ledger", "ledger:ledger", "Show the account of every event."),
    Command("config", "config:app", "Keep the configuration in files: pull, diff, apply."),
    Command("demo", "demo:demo", "Send the life of a small shop through the tracking API."),
    Command("doctor", "doctor:doctor", "Check this machine and the data folder."),
    Command("settings", "settings:settings", "List every option, its value and where it is set."),
    Command("backup", "backup:backup", "Copy a data folder at rest into one file."),
    Command("restore", "restore:restore", "Make a data folder from a backup."),
    Command("commands", "commands:commands", "Print the reference of all commands.", False),
)


def application() -> "App":
    """The whole command line. Names its commands without importing them."""
    from cyclopts import App

    app = App(
        name="headwater",
        help="Headwater: events in, SQL and decisions out, from one command.",
        version=f"headwater {__version__}",
    )
    for command in COMMANDS:
        app.command(
            f"headwater.cli.{command.target}",
            name=command.name,
            help=command.summary,
            show=command.is_shown,
        )
    return app


def main() -> None:
    """Run the command of this process's arguments and exit with its status.

    0 is success, 1 a failure that standard error explains, 2 arguments or settings that cannot be
    used, 130 an interrupt.
    """
    try:
        if sys.argv[1:2] == ["run"] and "--supervised-by" in sys.argv:
            _run_supervised(sys.argv[2:])
        else:
            application()()
    except SettingsError as error:
        print(error.message, file=sys.stderr)
        sys.exit(2)
    except HeadwaterError as error:
        print(f"headwater: {error.message}", file=sys.stderr)
        if error.hint:
            print(error.hint, file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        # The reader of our output went away: what is left is not wanted.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _run_supervised(arguments: list[str]) -> None:
    """`headwater run ROLE --supervised-by PID [--listen-fd N]`, as the supervisor starts it: four
    times, so without the 11 MB that reading a person's command line takes."""
    from headwater.app import run_role
    from headwater.settings import load

    role, *rest = arguments
    numbers = {name: int(value) for name, value in zip(rest[::2], rest[1::2], strict=True)}
    run_role(
        role,
        load({}, os.environ),
        listen_fd=numbers.get("--listen-fd"),
        supervisor=numbers["--supervised-by"],
    )
