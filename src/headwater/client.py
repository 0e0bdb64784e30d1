"""A client for Headwater: ask it in SQL, and send it events.

    from headwater.client import Client

    with Client("http://127.0.0.1:8765", token="…", write_key="…") as client:
        client.track("Order Completed", user_id="u-1", properties={"revenue": 42})
        client.query("SELECT count(*) AS orders FROM order_completed")

What is not given is taken from the environment: HEADWATER_URL, HEADWATER_TOKEN and
HEADWATER_WRITE_KEY.
"""

import base64
import json
import os
from collections.abc import Mapping
from datetime import UTC, date, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Literal, Self
from uuid import uuid4

import httpx

from headwater.errors import BadRequestError, HeadwaterError, UnauthorizedError, UnavailableError
from headwater.queries.failures import error_of
from headwater.queries.model import TRUNCATED_HEADER

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from headwater.imports.frames import Given, Loaded

DEFAULT_URL: Final = "http://127.0.0.1:8765"
Json = Mapping[str, Any]
EventType = Literal["identify", "track", "page", "screen", "group", "alias"]


class Client:
    """Asks and sends. Use it as a context manager, or close it; safe for several threads.

    `url` is the server's address. `token` is an API token, which asking needs; `write_key` a
    source's, which sending needs. `transport` is for tests. Every call raises the errors of
    headwater.errors: what the server said was wrong, or UnavailableError where none answers.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        write_key: str | None = None,
        *,
        timeout_seconds: float = 120.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.url = (url or os.environ.get("HEADWATER_URL") or DEFAULT_URL).rstrip("/")
        self._token = token or os.environ.get("HEADWATER_TOKEN", "")
        self._write_key = write_key or os.environ.get("HEADWATER_WRITE_KEY", "")
        self._http = httpx.Client(base_url=self.url, timeout=timeout_seconds, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def query(
        self,
        sql: str,
        *,
        parameters: Json | None = None,
        max_rows: int | None = None,
        timeout_seconds: float | None = None,
    ) -> "pd.DataFrame":
        """The rows of a SELECT. `parameters` are the values of its `{{name}}`s. JSON columns hold
        Python values, times are naive UTC.

        A frame cut at the most rows has `attrs["truncated"]` True. Needs pandas.
        """
        if find_spec("pandas") is None:
            raise _missing("pandas")
        return _frame(
            self.query_arrow(
                sql, parameters=parameters, max_rows=max_rows, timeout_seconds=timeout_seconds
            ),
        )

    def query_polars(
        self,
        sql: str,
        *,
        parameters: Json | None = None,
        max_rows: int | None = None,
        timeout_seconds: float | None = None,
    ) -> "pl.DataFrame":
        """The rows of a SELECT as a polars frame; JSON columns are text. Needs polars."""
        try:
            import polars as pl
        except ImportError:
            raise _missing("polars") from None
        frame = pl.from_arrow(
            self.query_arrow(
                sql, parameters=parameters, max_rows=max_rows, timeout_seconds=timeout_seconds
            )
        )
        return frame if isinstance(frame, pl.DataFrame) else frame.to_frame()

    def query_arrow(
        self,
        sql: str,
        *,
        parameters: Json | None = None,
        max_rows: int | None = None,
        timeout_seconds: float | None = None,
    ) -> "pa.Table":
        """The rows of a SELECT as an Arrow table.

        Each field's metadata names its type in the warehouse (`headwater.type`); JSON columns are
        text. The schema's metadata says in `truncated` whether there were more rows.
        """
        import pyarrow as pa

        limits = {"maxRows": max_rows, "timeoutSeconds": timeout_seconds, "parameters": parameters}
        body = {"sql": sql, "format": "arrow", **{n: v for n, v in limits.items() if v}}
        if not self._token:
            raise UnauthorizedError(
                "There is no API token to ask with.",
                hint="Give token=…, or set HEADWATER_TOKEN.",
            )
        response = self._send("/api/query", body, {"Authorization": f"Bearer {self._token}"})
        with pa.ipc.open_stream(response.content) as reader:
            table = reader.read_all()
        return table.replace_schema_metadata(
            {"truncated": response.headers.get(TRUNCATED_HEADER, "false")}
        )

    def events(
        self,
        event: str | None = None,
        *,
        type: EventType = "track",  # noqa: A002
        since: datetime | date | str | None = None,
        until: datetime | date | str | None = None,
        user_id: str | None = None,
        max_rows: int | None = None,
    ) -> "pd.DataFrame":
        """Stored events of one type, the oldest first, in the event's own shape.

        Those that happened in [since, until), of one name (`event`) and one person (`user_id`)
        where they are given. `properties` and `context` hold Python values; `attrs["truncated"]`
        says whether there are more. Needs pandas.
        """
        wanted: dict[str, tuple[str, object]] = {
            "event": ("event = {{event}}", event),
            "since": ("timestamp >= {{since:timestamp}}", since),
            "until": ("timestamp < {{until:timestamp}}", until),
            "user_id": ("userId = {{user_id}}", user_id),
        }
        given = {name: pair for name, pair in wanted.items() if pair[1] is not None}
        where = " AND ".join(condition for condition, _ in given.values())
        return self.query(
            f'SELECT * FROM "{type}"{f" WHERE {where}" if where else ""}'
            " ORDER BY timestamp, messageId",
            parameters={name: value for name, (_, value) in given.items()},
            max_rows=max_rows,
        )

    def load(self, frame: Any, mapping: "Given") -> "Loaded":
        """Send the rows of a pandas or polars frame, or of an Arrow table, as events.

        `mapping` is one event as a mapping file has it (docs/import.md), such as
        `{"event": "Paid", "userId": "{customer}", "properties": {"total": "{amount}"}}`; a whole
        mapping (with `events`); or the path of a mapping file. Events go in batches. Loading the
        same rows by the same mapping again makes the same messageIds, so that nothing is counted
        twice. Rows that make no event are in `rejected` of what is returned.
        """
        from headwater.imports.frames import load

        if not self._write_key:
            raise _no_write_key()
        return load(self._http, self._write_key, frame, mapping)

    def analyse(self, kind: str, **request: Any) -> Any:
        """The answer of an analysis (docs/marketing.md, docs/statistics.md), as JSON values.

        `request` are the members of what it is asked, as the API has them or in snake_case.
        """
        if not self._token:
            raise UnauthorizedError(
                "There is no API token to ask with.",
                hint="Give token=…, or set HEADWATER_TOKEN.",
            )
        body = {_camel(name): value for name, value in request.items()}
        headers = {"Authorization": f"Bearer {self._token}"}
        response = self._send(f"/api/analyses/{kind}", body, headers)
        return response.json()["data"]["answer"]

    def track(self, event: str, properties: Json | None = None, **members: Any) -> str:
        """Somebody did something. Returns the messageId.

        `members` are the common ones, in snake_case: user_id, anonymous_id, timestamp (a datetime
        without a zone is local time), context, message_id, integrations.
        """
        return self._call("track", {"event": event, "properties": properties or {}}, members)

    def identify(self, user_id: str | None = None, traits: Json | None = None, **more: Any) -> str:
        """Who somebody is. Returns the messageId."""
        return self._call("identify", {"userId": user_id, "traits": traits or {}}, more)

    def page(self, name: str | None = None, properties: Json | None = None, **more: Any) -> str:
        """Somebody saw a page. Returns the messageId."""
        return self._call("page", {"name": name, "properties": properties or {}}, more)

    def screen(self, name: str | None = None, properties: Json | None = None, **more: Any) -> str:
        """Somebody saw a screen of an app. Returns the messageId."""
        return self._call("screen", {"name": name, "properties": properties or {}}, more)

    def group(self, group_id: str, traits: Json | None = None, **members: Any) -> str:
        """Somebody belongs to a group. Returns the messageId."""
        return self._call("group", {"groupId": group_id, "traits": traits or {}}, members)

    def alias(self, user_id: str, previous_id: str, **members: Any) -> str:
        """Two ids are one person's. Returns the messageId."""
        return self._call("alias", {"userId": user_id, "previousId": previous_id}, members)

    def _call(self, kind: str, own: Json, members: Json) -> str:
        if not self._write_key:
            raise _no_write_key()
        event = {name: value for name, value in own.items() if value is not None}
        event |= {_camel(name): value for name, value in members.items() if value is not None}
        event.setdefault("messageId", str(uuid4()))
        if not event.get("userId") and not event.get("anonymousId"):
            raise BadRequestError(
                f"This {kind} says of nobody.", hint="Give user_id=… or anonymous_id=…."
            )
        basic = base64.b64encode(f"{self._write_key}:".encode()).decode()
        self._send(f"/v1/{kind}", event, {"Authorization": f"Basic {basic}"})
        return str(event["messageId"])

    def _send(
        self,
        path: str,
        body: Json,
        headers: Mapping[str, str],
    ) -> httpx.Response:
        try:
            content = json.dumps(body, default=_jsonable, allow_nan=False).encode()
        except (ValueError, RecursionError) as error:
            raise BadRequestError(f"This cannot be sent as JSON: {error}.") from error
        try:
            response = self._http.post(
                path,
                content=content,
                headers={"Content-Type": "application/json", **headers},
            )
        except httpx.HTTPError as error:
            raise UnavailableError(
                f"{self.url} cannot be reached: {error}.",
                hint="Check the url, and that the server runs there.",
            ) from error
        if response.is_error:
            raise error_of(response.status_code, response.content)
        return response


def _jsonable(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    raise BadRequestError(f"A {type(value).__name__} cannot be sent as JSON: {value!r:.80}.")


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _series(field: "pa.Field", column: "pa.ChunkedArray") -> Any:
    """A column as pandas holds it best: JSON as values, whole numbers as such also beside nulls."""
    import pandas as pd
    import pyarrow as pa

    kind = (field.metadata or {}).get(b"headwater.type", b"").decode()
    if kind == "JSON":
        values = [None if text is None else json.loads(text) for text in column.to_pylist()]
        return pd.Series(values, dtype="object")
    if kind == "HUGEINT":
        whole = [None if number is None else int(number) for number in column.to_pylist()]
        fits = all(number is None or -(2**63) <= number < 2**63 for number in whole)
        exact = "Int64" if None in whole else "int64"
        return pd.Series(whole, dtype=exact if fits else "object")
    if pa.types.is_integer(column.type) and column.null_count:
        return pd.Series(column.to_pylist(), dtype="Int64")
    return column.to_pandas()


def _frame(table: "pa.Table") -> "pd.DataFrame":
    import pandas as pd

    columns = zip(table.schema, table.columns, strict=True)
    frame = pd.DataFrame(
        {number: _series(field, column) for number, (field, column) in enumerate(columns)}
    )
    frame.columns = pd.Index(table.column_names)
    frame.attrs["truncated"] = (table.schema.metadata or {}).get(b"truncated") == b"true"
    return frame


def _no_write_key() -> UnauthorizedError:
    return UnauthorizedError(
        "There is no write key to send with.",
        hint="Give write_key=…, or set HEADWATER_WRITE_KEY.",
    )


def _missing(package: str) -> HeadwaterError:
    return HeadwaterError(
        f"This needs {package}, which is not installed.",
        hint=f"pip install 'headwater[{package}]'; query_arrow works without it.",
        code="package_missing",
    )
