"""Headwater: a customer data platform that a startup runs itself."""

from importlib.metadata import version

__version__ = version("headwater")
