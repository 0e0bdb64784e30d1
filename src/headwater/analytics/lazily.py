"""Ibis, loaded when it is first used: a server that nobody asks for an analysis starts without it,
and does without its memory."""

import sys
import threading
from importlib.util import LazyLoader, find_spec, module_from_spec
from typing import TYPE_CHECKING, Any


def _later(name: str) -> Any:
    spec = find_spec(name)
    if name in sys.modules or spec is None or spec.loader is None:
        return __import__(name)
    spec.loader = LazyLoader(spec.loader)
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


if TYPE_CHECKING:
    import ibis as ibis
else:
    ibis = _later("ibis")

_ONE_AT_A_TIME = threading.Lock()


def load() -> None:
    """Load it now, in one thread alone: two that use it first at once would load it twice."""
    with _ONE_AT_A_TIME:
        _ = ibis.literal
