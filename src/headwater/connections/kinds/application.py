"""Applications: the records of a REST API, as its definition declares them."""

from collections.abc import Sequence
from typing import Any

from headwater.connections.kinds import pulled
from headwater.connections.kinds.model import Kind
from headwater.pulls.definition import parse


def _parse(text: str, name: str) -> Any:
    return parse(text, name)


def _names(definition: Any) -> Sequence[str]:
    return list(definition.names())


KIND = Kind("application", "rest", _parse, _names, pulled.try_out, pulled.pulled)
