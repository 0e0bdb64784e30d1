"""What commands print for programs."""

import json


def print_json(value: object) -> None:
    """A value as JSON that people can read too."""
    print(json.dumps(value, ensure_ascii=False, indent=2))
