"""Type-safe tracking code made from a plan: one function for each event."""
