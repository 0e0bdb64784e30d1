"""The warehouse in DuckDB: one file a workspace, loaded and asked by one process."""
