"""Stub."""

from .client import Client


def upload_file(client: Client, room: str, name: str, body: bytes) -> dict[str, object]:
    raise NotImplementedError


def download_file(client: Client, url: str) -> bytes:
    raise NotImplementedError
