"""Live traffic against the accepted plan: what drifts from it, told once, with a ready patch."""
