"""Replays: what was collected is led through the pipeline again, and nothing is doubled by it."""
