"""The tracking API: takes calls in, makes them durable, and only then says 200."""
