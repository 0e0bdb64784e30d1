"""Whether code can be run, asked before it is kept."""

import hashlib
from collections.abc import Callable
from typing import Final

from headwater.errors import InvalidError
from headwater.functions.model import ResourceType
from headwater.functions.runtime.model import Failed, Loaded
from headwater.functions.workshop import current, program

Check = Callable[[str, ResourceType], None]
"""Raises InvalidError, which names the line, for code that is not to be kept."""

_REMEMBERED: Final = 200
_known: Final[dict[tuple[bytes, ResourceType], Loaded]] = {}
"""What code that was checked lately holds: deploying it need not load it again."""

HANDLERS: Final = (
    *("onTrack", "onIdentify", "onPage", "onScreen", "onGroup", "onAlias", "onDelete", "onBatch"),
)


def check(code: str, resource_type: ResourceType) -> None:
    """Load the code in a sandbox of its own. Raises InvalidError, which names line and column."""
    if not code.strip():
        raise InvalidError("code: is empty.", field="code", hint=_hint(resource_type))
    digest = hashlib.sha256(code.encode()).digest()
    loaded = _known.get((digest, resource_type)) or current().loaded(program(resource_type, code))
    if loaded.failed is not None:
        raise InvalidError(
            f"code: {said(loaded.failed)}", field="code", code="function_code_unusable"
        )
    require_handler(loaded, resource_type)
    if len(_known) >= _REMEMBERED:
        _known.clear()
    _known[digest, resource_type] = loaded


def require_handler(loaded: Loaded, resource_type: ResourceType) -> None:
    """Raises InvalidError where there is nothing that could ever be called."""
    wanted = ("onRequest",) if resource_type is ResourceType.SOURCE else HANDLERS
    if not set(wanted) & set(loaded.handlers):
        raise InvalidError(
            "code: has no handler.",
            field="code",
            hint=_hint(resource_type),
            code="function_code_unusable",
        )


def said(failed: Failed) -> str:
    """A failure in one sentence."""
    what = f"{failed.name}: {failed.message}" if failed.name else failed.message
    where = f"line {failed.line}: " if failed.line else ""
    return f"{where}{what}".rstrip(".") + "."


def _hint(resource_type: ResourceType) -> str:
    if resource_type is ResourceType.SOURCE:
        return "Define async function onRequest(request, settings)."
    return "Define async function onTrack(event, settings), onIdentify, … and return the event."
