"""Transformations: changing events of a source without code, before they are accepted."""
