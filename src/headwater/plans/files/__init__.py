"""A tracking plan as a file that people write: YAML or JSON, to its rules and back without loss."""
