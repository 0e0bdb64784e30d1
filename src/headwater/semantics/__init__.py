"""Metrics and dimensions: said once, and meant the same by everybody who asks."""
