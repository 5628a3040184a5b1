"""A local server that answers as live sources do, and clients that never wait."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from research.market.live.http import Client
from research.params.models import Feed

Answer = tuple[int, Mapping[str, str], bytes]


@dataclass
class Replayed:
    """What the server gives: path → answers one after the other, the last for ever.

    A path may have a part of its query, where only that tells two requests apart.

    `asked` are the requests that came, with their queries; `agents` how they named themselves.
    """

    address: str
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)

    def at(self, path: str, body: bytes | str, status: int = 200, **headers: str) -> str:
        """Give `body` at `path` (after what is there already); returns the whole address."""
        data = body.encode() if isinstance(body, str) else body
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.setdefault(path, []).append((status, named, data))
        return self.address + path

    def of(self, asked: str) -> list[Answer]:
        """The answers to a path with its query: those kept with a part of the query go first."""
        path, _, query = asked.partition("?")
        for known in (one for one in self.answers if "?" in one):
            its_path, _, part = known.partition("?")
            if its_path == path and part in query:
                return self.answers[known]
        return self.answers.get(path, [(404, {}, b"")])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Replayed]:
    """A server on loopback, with nothing on it yet: what it does not know is 404."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name is that of the library
            replayed.asked.append(self.path)
            replayed.agents.append(self.headers.get("User-Agent", ""))
            known = replayed.of(self.path)
            status, headers, body = known.pop(0) if len(known) > 1 else known[0]
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        replayed = Replayed(f"http://127.0.0.1:{listening.server_port}")
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        yield replayed
        listening.shutdown()
        thread.join()


@pytest.fixture
def waits() -> list[float]:
    """The seconds that clients of this test were made to wait; none of them passed."""
    return []


@pytest.fixture
def client(waits: list[float]) -> Iterator[Client]:
    """A client that notes its waits instead of waiting."""
    made = Client(timeout_s=5, size_limit=1 << 20, wait=waits.append)
    yield made
    made.session.close()


@pytest.fixture
def feed_of() -> Callable[..., Feed]:
    """A feed of one id with lines `symbol=instrument`, and further fields."""

    def make(id: str, address: str, lines: Mapping[str, object], **more: object) -> Feed:
        given = [
            {"symbol": symbol, **(line if isinstance(line, dict) else {"instrument": line})}
            for symbol, line in lines.items()
        ]
        return Feed.model_validate(
            {
                "id": id,
                "title": id.upper(),
                "address": address,
                "licence": "a test's own",
                "available": "date + 0 days at 15:30 Europe/London",
                "fresh_days": 5,
                "lines": given,
                **more,
            }
        )

    return make
