"""Workspaces, their sources and write keys, and the snapshot of them that the roles read."""
