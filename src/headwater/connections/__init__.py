"""Connections: what is read elsewhere for a source, again and again, by the server itself."""
