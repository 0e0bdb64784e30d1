"""Questions that people asked the warehouse, and those that they keep and share."""
