"""Functions: code of people, in events' way or making events of what is received."""
