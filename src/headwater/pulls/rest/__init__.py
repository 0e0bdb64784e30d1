"""Applications that are read by their REST APIs, as a YAML file declares it."""
