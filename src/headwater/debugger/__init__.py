"""Events as they pass, and the way of one event through all stages, told from the log."""
