"""How much comes in: series of event volumes, each source's rhythm, and how fresh it all is."""
