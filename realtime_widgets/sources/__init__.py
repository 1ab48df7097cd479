"""Sources: streams that fill themselves."""

from .machine import Machine

__all__ = ["Machine"]
