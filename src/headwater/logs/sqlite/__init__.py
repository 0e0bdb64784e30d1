"""The log of one machine: SQLite segments, one sequence of files for each writer."""

from headwater.logs.sqlite.log import SqliteLog

__all__ = ["SqliteLog"]
