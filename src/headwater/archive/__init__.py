"""Collected requests as they were received, for longer than the log keeps them: zstd Parquet."""
