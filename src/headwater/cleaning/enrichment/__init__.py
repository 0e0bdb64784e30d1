"""The kinds of rule that tell more of an event than was sent, or less: each a file."""
