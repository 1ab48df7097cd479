"""Runtime: two background threads, and the tools of code that runs on several threads.

Imports only `errors` from this package; every other room may use it.
"""

from .runtime import Runtime, get_runtime

__all__ = ["Runtime", "get_runtime"]
