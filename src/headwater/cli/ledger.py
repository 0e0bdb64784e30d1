"""`headwater ledger`: the account of every event."""

import sys
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

from headwater.cli.connection import call, find
from headwater.cli.options import ClientOptions, settings_of
from headwater.kit.clock import hour_of
from headwater.ledger.shown import ShownAccount, ShownLedger, shown
from headwater.queries.times import moment
from headwater.settings import Settings


def ledger(
    *,
    since: Annotated[
        str | None, Parameter(help="Only events received since this hour (ISO 8601).")
    ] = None,
    json: Annotated[bool, Parameter(help="As JSON, for programs.", negative="")] = False,
    options: ClientOptions | None = None,
) -> None:
    """Show what became of every event, by source and hour of its receipt.

    accepted = loaded + filtered + duplicates + rejected + waiting. The exit status is 1 when an
    account does not balance.
    """
    found = _read(settings_of(options), since)
    if json:
        print(msgspec.json.encode(found).decode())
    else:
        _show(found)
    if not found.balanced:
        print("The ledger does not balance: see the column `difference`.", file=sys.stderr)
        sys.exit(1)


def _read(settings: Settings, since: str | None) -> ShownLedger:
    """The ledger of the running server, or of the data folder at rest."""
    since_hour = hour_of(moment(since, name="--since")) if since else None
    if connection := find(settings):
        path = f"/api/ledger?since={since}" if since else "/api/ledger"
        return msgspec.convert(call(connection, "GET", path), ShownLedger)
    from headwater.app.log import open_log
    from headwater.app.resting import resting_warehouse
    from headwater.ledger.read import read
    from headwater.workspaces.snapshot import PublishedConfiguration

    log = open_log(settings)
    configuration = PublishedConfiguration(settings.data_dir).current()
    names = {source.id: source.name for source in configuration.sources} if configuration else {}
    with resting_warehouse(settings) as (warehouse, _):
        loader = warehouse.ledger()
    try:
        return shown(read(log, loader.positions, loader.tallies, since_hour=since_hour), names)
    finally:
        log.close()


def _show(found: ShownLedger) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_footer=True)
    totals = _cells(found.totals)
    table.add_column("hour", footer="all")
    table.add_column("source", overflow="fold")
    for name, footer in totals.items():
        table.add_column(name, justify="right", footer=footer)
    for row in found.rows:
        table.add_row(row.hour.removesuffix(":00:00.000Z"), row.source, *_cells(row).values())
    console = Console()
    console.print(table)
    for outcome, reasons in (
        ("filtered", found.totals.filtered),
        ("rejected", found.totals.rejected),
    ):
        for reason, count in reasons.items():
            console.print(f"{outcome}: {count:,} {reason}")
    console.print("It balances." if found.balanced else "IT DOES NOT BALANCE.")


def _cells(account: ShownAccount) -> dict[str, str]:
    numbers: dict[str, Any] = {
        "accepted": account.accepted,
        "loaded": account.loaded,
        "filtered": sum(account.filtered.values()),
        "duplicates": account.duplicates,
        "rejected": sum(account.rejected.values()),
        "waiting": account.waiting,
        "difference": account.difference,
    }
    return {name: f"{number:,}" for name, number in numbers.items()}
