"""One file for each kind of warehouse."""
