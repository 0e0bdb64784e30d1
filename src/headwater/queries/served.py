"""What the warehouse role serves to the others, whatever engine is behind it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from headwater.queries.contents import Contents, TableDetail
from headwater.queries.model import Export, LoaderLedger, Question, Repair, Spooled, TableInfo


class ServedWarehouse(Protocol):
    """The warehouses of all workspaces. Every call may block; all are safe for several threads."""

    def ask(self, question: Question) -> Spooled:
        """Answer a question. Raises QueryError and its kinds, and WarehouseError."""
        ...

    def cancel(self, query_id: str) -> bool:
        """Stop a question. False when none of this id runs or waits."""
        ...

    def ledger(self) -> LoaderLedger:
        """The loader's counts and positions, of one moment."""
        ...

    def export(self, wanted: Export) -> Iterator[bytes]:
        """Stored events, each as a JSON object and a line feed, in pieces of many lines.

        Raises what is wrong with the question before the first piece.
        """
        ...

    def tables(self, workspace_id: str) -> Sequence[TableInfo]:
        """What a question can name, the event views first."""
        ...

    def contents(self, workspace_id: str) -> Contents:
        """Tables with their counts and freshness, conflicts and event names."""
        ...

    def table(self, workspace_id: str, schema: str, name: str) -> TableDetail:
        """One table with its columns. Raises NotFoundError."""
        ...

    def repair(self, wanted: Repair) -> Mapping[str, Any]:
        """Change a column's type; says what was done.

        Raises NotFoundError, BadRequestError and WarehouseError.
        """
        ...

    def look(self, name: str, workspace_id: str, wanted: bytes) -> bytes:
        """The answer to a look, as JSON; see headwater.queries.looks. Raises BadRequestError,
        QueryLimitError and WarehouseError."""
        ...

    def health(self) -> Mapping[str, Any]:
        """Facts for health pages; raises WarehouseError when nothing can be loaded or asked."""
        ...
