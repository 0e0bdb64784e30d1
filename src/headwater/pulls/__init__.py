"""Rows of a database become events as they are inserted, updated and deleted there."""
