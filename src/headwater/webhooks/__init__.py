"""Webhook sources: what they are sent is kept as it is, and made into events by a handler."""
