"""Headwater: a customer data platform that a startup runs itself."""


def __getattr__(name: str) -> str:
    """`__version__`, looked up when it is asked for: most processes never do."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    return version("headwater")
