"""Cleaning rules: what people set, without code, to make events right before they are accepted."""
