"""FQL, Segment's language of conditions on an event: `type = "track" and properties.price > 10`.

`compile` makes a function of a text once; the function then answers for events, quickly and
without ever failing.
"""

from headwater.fql.compiler import compile, compile_value  # noqa: A004 (the public name)

__all__ = ["compile", "compile_value"]
