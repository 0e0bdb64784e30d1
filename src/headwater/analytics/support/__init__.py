"""Customer support: tickets and their life cycles, read out of events; and business hours."""
