"""/api/ledger: the account of every event, by source and hour."""

from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import sources
from headwater.access.permissions import Permission
from headwater.api.frame import ApiRoute, Call, Doc, answer
from headwater.kit.clock import hour_of
from headwater.ledger import read, rules
from headwater.ledger.model import Ledger
from headwater.ledger.shown import ShownLedger, shown
from headwater.queries.times import moment


class LedgerQuery(msgspec.Struct, frozen=True):
    """Which accounts are shown."""

    since: Annotated[str, Meta(description="From the hour of this time on, ISO 8601.")] = ""


async def show(call: Call) -> Response:
    """The ledger since an hour, of the caller's workspace; 200 also when it does not balance."""
    since = call.asked(LedgerQuery).since
    since_hour = hour_of(moment(since, name="since")) if since else None
    loader = await call.context.warehouse.ledger()
    ledger = await run_in_threadpool(
        read.read, call.context.log, loader.positions, loader.tallies, since_hour=since_hour
    )
    known = await run_in_threadpool(sources.listed, call.context.changes, call.principal)
    names = {source.id: source.name for source in known}
    return answer(shown(_of_the_workspace(call, ledger), names))


def _of_the_workspace(call: Call, ledger: Ledger) -> Ledger:
    """Without other workspaces' sources; a deleted source's events stay accounted for."""
    configuration = call.context.published.current()
    others = {
        source.id
        for source in (configuration.sources if configuration else ())
        if source.workspace_id != call.principal.workspace_id
    }
    accounts = [account for account in ledger.accounts if account.source_id not in others]
    return Ledger(accounts, rules.total(accounts))


ROUTES = (
    ApiRoute(
        "GET",
        "/api/ledger",
        Permission.WORKSPACE_READ,
        show,
        Doc(
            "The account of every event, by source and hour.",
            "Events",
            query=LedgerQuery,
            answer=ShownLedger,
            errors=(503,),
        ),
    ),
)
