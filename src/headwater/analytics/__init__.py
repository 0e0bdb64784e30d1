"""Analyses: from events to decisions. Each is one module of `kinds`."""
