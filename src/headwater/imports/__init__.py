"""Files become events: readers, mappings and the sending of what they make."""
