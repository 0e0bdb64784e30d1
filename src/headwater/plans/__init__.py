"""Tracking plans: what events are to look like, and what happens to those that do not."""
