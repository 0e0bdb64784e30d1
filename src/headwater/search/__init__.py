"""Event search: stored events by person, name, time, property and text, the newest first."""
