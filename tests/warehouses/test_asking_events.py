"""Questions to a whole warehouse file, as the loader makes it: the views, paths and readings."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import QueryRefusedError
from headwater.queries.model import Export, Question
from headwater.warehouses.duckdb.asking import Limits
from headwater.warehouses.duckdb.engine import Tuning
from headwater.warehouses.duckdb.served import DuckDBWarehouses

