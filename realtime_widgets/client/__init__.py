"""The network: connections to servers, shared by all who ask for the same one.

Data goes `websocket` → `connection` → `receiver` → streams and callbacks. `client` is what users hold; it comes with
its first use, for widgets need only the words for the state of a link, not what makes one.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .client import Client

__all__ = ["Client"]


def __getattr__(name: str) -> Any:
    if name == "Client":
        from .client import Client

        return Client
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
