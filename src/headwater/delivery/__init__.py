"""What became of a source's events on their way, by time: received, refused, filtered."""
