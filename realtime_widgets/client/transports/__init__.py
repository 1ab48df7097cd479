"""Transports: one open link to a server each, over WebSockets or Server-Sent Events."""
