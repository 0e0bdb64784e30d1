"""The ledger as programs read it."""

from collections.abc import Mapping

import msgspec

from headwater.kit.clock import MICROSECONDS_PER_HOUR, isoformat
from headwater.ledger.model import Account, Ledger


class ShownAccount(msgspec.Struct, frozen=True, rename="camel"):
    """An account with its source's name and its hour as ISO 8601; both empty in the totals."""

    source_id: str
    source: str
    hour: str
    accepted: int
    loaded: int
    filtered: Mapping[str, int]
    duplicates: int
    rejected: Mapping[str, int]
    waiting: int
    difference: int


class ShownLedger(msgspec.Struct, frozen=True):
    """The whole ledger. `balanced` is whether every row balances."""

    balanced: bool
    totals: ShownAccount
    rows: list[ShownAccount]


def shown(ledger: Ledger, names: Mapping[str, str]) -> ShownLedger:
    """The ledger with the sources' names, by their ids."""
    return ShownLedger(
        balanced=ledger.is_balanced,
        totals=_shown(ledger.totals, "", ""),
        rows=[
            _shown(
                account,
                names.get(account.source_id, account.source_id),
                isoformat(account.hour * MICROSECONDS_PER_HOUR),
            )
            for account in ledger.accounts
        ],
    )


def _shown(account: Account, source: str, hour: str) -> ShownAccount:
    return ShownAccount(
        source_id=account.source_id,
        source=source,
        hour=hour,
        accepted=account.accepted,
        loaded=account.loaded,
        filtered=account.filtered,
        duplicates=account.duplicates,
        rejected=account.rejected,
        waiting=account.waiting,
        difference=account.difference,
    )
