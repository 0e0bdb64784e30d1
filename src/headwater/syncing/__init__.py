"""Which source wins for which trait: one row for each person, out of what all sources say."""
