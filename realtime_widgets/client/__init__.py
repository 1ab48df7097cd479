"""The network: connections to servers, shared by all who ask for the same one.

Data goes `websocket` → `connection` → `receiver` → streams and callbacks. `client` is what users hold.
"""

from .client import Client

__all__ = ["Client"]
