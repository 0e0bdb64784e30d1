"""The durable log: in memory for tests, in SQLite files on one machine."""
