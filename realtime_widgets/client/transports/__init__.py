"""Transports: each is one open link to a server, over a WebSocket or Server-Sent Events."""
