"""What mends the events of a reason: the fixes that a form holds, and those worth a try."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from headwater.quarantine.model import MOST_FIXES, Cast, Fix, Operation
from headwater.spec.reasons import Reason

Suggested = Mapping[str, Sequence[Fix]]

SUGGESTIONS: Final[Suggested] = {
    Reason.NO_USER_ANON_ID: (Fix(op=Operation.SET, path="anonymousId", value="unknown"),),
    Reason.EVENT_NOT_DEFINED: (Fix(op=Operation.SET, path="event", value="Unnamed"),),
    Reason.EVENT_NOT_STRING: (Fix(op=Operation.CAST, path="event", type=Cast.TEXT),),
    Reason.PROPERTIES_NOT_OBJECT: (Fix(op=Operation.CAST, path="properties", type=Cast.OBJECT),),
    Reason.TRAITS_NOT_OBJECT: (Fix(op=Operation.CAST, path="traits", type=Cast.OBJECT),),
    Reason.CONTEXT_NOT_OBJECT: (Fix(op=Operation.CAST, path="context", type=Cast.OBJECT),),
    Reason.NAME_NOT_STRING: (Fix(op=Operation.CAST, path="name", type=Cast.TEXT),),
    Reason.CATEGORY_NOT_STRING: (Fix(op=Operation.CAST, path="category", type=Cast.TEXT),),
    Reason.TYPE_NOT_KNOWN: (Fix(op=Operation.SET, path="type", value="track"),),
    Reason.MESSAGE_ID_INVALID: (Fix(op=Operation.REMOVE, path="messageId"),),
}


class FixForm(msgspec.Struct, kw_only=True):
    """The fixes of a form, as columns of its rows, and what it is about."""

    reason: str = ""
    source: str = ""
    event: str = ""
    op: list[str] = []
    path: list[str] = []
    to: list[str] = []
    value: list[str] = []
    type: list[str] = []
    act: str = "preview"


class Row(msgspec.Struct, frozen=True):
    """A fix as the form shows it, all of it text."""

    op: str = "set"
    path: str = ""
    to: str = ""
    value: str = ""
    type: str = "text"


def rows_of(form: FixForm) -> list[Row]:
    """The rows of a form, also those that say nothing yet."""
    columns = (form.op, form.path, form.to, form.value, form.type)
    count = min(MOST_FIXES, max(map(len, columns), default=0))
    padded = [[*column, *[""] * count][:count] for column in columns]
    return [
        Row(op or "set", path.strip(), to.strip(), value, kind or "text")
        for op, path, to, value, kind in zip(*padded, strict=True)
    ]


def fixes_of(rows: Sequence[Row]) -> tuple[Fix, ...]:
    """The fixes that rows describe; one without a path is none."""
    return tuple(
        Fix(
            op=Operation(row.op) if row.op in set(Operation) else Operation.SET,
            path=row.path,
            to=row.to,
            value=_value(row.value),
            type=Cast(row.type) if row.type in set(Cast) else Cast.TEXT,
        )
        for row in rows
        if row.path
    )


def suggested(reason: str, field: str | None) -> list[Row]:
    """Rows that mend most events of a reason; an empty one where nothing can be guessed."""
    fixes = SUGGESTIONS.get(reason, ())
    if reason in (Reason.ID_NOT_STRING, Reason.ID_REQUIRED) and field:
        cast = Fix(op=Operation.CAST, path=field, type=Cast.TEXT)
        fill = Fix(op=Operation.SET, path=field, value="unknown")
        fixes = (cast if reason == Reason.ID_NOT_STRING else fill,)
    return [
        Row(fix.op.value, fix.path, fix.to, "" if fix.value is None else str(fix.value), fix.type)
        for fix in fixes
    ] or [Row()]


def _value(text: str) -> object:
    """A value as JSON where it is one, and else as text."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return text
