"""From the events that a source sends to the plan that they seem to keep to."""
