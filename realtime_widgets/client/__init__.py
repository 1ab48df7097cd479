"""The client: connections to servers, each shared by all clients of the same address.

Data goes `transports` → `connection` → `receiver` → streams and callbacks; a *link* is one opened transport, and a
connection outlives its links. `client` is what users hold; it is imported on first use, because widgets need only the
states of a connection (`sansio.state`), not what makes one.
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
