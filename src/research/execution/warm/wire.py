"""Messages between a parent and its zygote: JSON with open files, over a private socket."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from typing import Any

_HEAD = 8
_MOST_FILES = 8
MOST = 1 << 16  # bytes of one answer about one kernel


def send(to: socket.socket, message: Any, files: Sequence[int] = ()) -> None:
    """Send `message` whole, and `files` (descriptors) with it."""
    body = encode(message)
    socket.send_fds(to, [len(body).to_bytes(_HEAD, "big")], files)
    to.sendall(body)


def encode(message: Any) -> bytes:
    """`message` as bytes, as `json.loads` takes them."""
    return json.dumps(message).encode()


def receive(source: socket.socket) -> tuple[Any, list[int]] | None:
    """The next message with its files, or None when the other side is gone."""
    try:
        head, files, _, _ = socket.recv_fds(source, _HEAD, _MOST_FILES)
        if not head:
            return None
        head += _exactly(source, _HEAD - len(head))
        return json.loads(_exactly(source, int.from_bytes(head, "big"))), files
    except (EOFError, ConnectionError):
        return None


def _exactly(source: socket.socket, size: int) -> bytes:
    body = bytearray()
    while len(body) < size:
        piece = source.recv(size - len(body))
        if not piece:
            raise EOFError("the other side ended within a message.")
        body += piece
    return bytes(body)
