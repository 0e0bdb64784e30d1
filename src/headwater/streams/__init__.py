"""Messages of streams become events, each once."""
