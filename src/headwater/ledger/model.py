"""What an account of events is."""

from collections.abc import Mapping, Sequence

import msgspec


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the events that a source received in an hour, or of several such.

    `hour` is in whole hours since the epoch. `filtered` and `rejected` count by reason; rejected
    events are in quarantine.
    """

    source_id: str = ""
    hour: int = 0
    accepted: int = 0
    loaded: int = 0
    duplicates: int = 0
    waiting: int = 0
    filtered: Mapping[str, int] = {}
    rejected: Mapping[str, int] = {}

    @property
    def accounted(self) -> int:
        """The events of which it is known where they are."""
        aside = sum(self.filtered.values()) + sum(self.rejected.values())
        return self.loaded + self.duplicates + self.waiting + aside

    @property
    def difference(self) -> int:
        """Accepted less accounted for: not 0 means that events are lost (or doubled: negative)."""
        return self.accepted - self.accounted


class Ledger(msgspec.Struct, frozen=True):
    """The accounts of all sources and hours, oldest first, and their sum."""

    accounts: Sequence[Account]
    totals: Account

    @property
    def is_balanced(self) -> bool:
        """Whether every account of its own balances, not only the sum."""
        return all(account.difference == 0 for account in self.accounts)
