"""The runtime: two background threads, and what code that runs on several of them needs.

Imports nothing of ours but `errors`; everything else may use it.
"""

from .runtime import Runtime, get_runtime

__all__ = ["Runtime", "get_runtime"]
