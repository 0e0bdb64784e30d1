"""From requests as collected to events in columns: decode, pure steps, dedupe, account."""
