"""Events and their properties as they were really sent: types, presence, examples, volume."""
