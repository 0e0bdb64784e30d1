"""Questions in SQL: what may be asked, what it means, and how it is asked of the warehouse."""
