"""Requests to live sources: bounded in time and size, tried again where that makes sense."""

from __future__ import annotations

import email.utils
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

import requests

from research.market.live.answers import (
    Cause,
    SourceError,
    check_answer,
    check_status,
    shown_text,
    unanswered,
)

Kind = Literal["json", "csv", "xlsx"]
TRIES = 4
LONGEST_WAIT_S = 60.0
AGAIN = {429, 500, 502, 503, 504}
_CHUNK = 1 << 16


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a source answered, and from where; the address holds no secret."""

    address: str
    body: bytes

    def json(self) -> Any:
        """The body as JSON; SourceError when it is none, or breaks off."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            what = "is no JSON"
            if isinstance(error, json.JSONDecodeError) and _is_cut(error):
                what = "is JSON that breaks off"
            raise SourceError(
                f"{self.address} answered with text that {what} ({len(self.body):,} bytes, ending "
                f"{shown_text(self.body[-40:])}). Nothing of it was taken; fetch again."
            ) from None

    def text(self) -> str:
        """The body as UTF-8 text without a mark of byte order; SourceError when it is none."""
        try:
            return self.body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise SourceError(
                f"{self.address} answered with text that is not UTF-8 (byte {error.start:,}). "
                "Nothing of it was taken; fetch again."
            ) from None


def pauses() -> Iterator[float | None]:
    """Seconds to wait after each try; None after the last."""
    yield from (2.0**n for n in range(TRIES - 1))
    yield None


def _is_cut(error: json.JSONDecodeError) -> bool:
    at_its_end = error.pos >= len(error.doc.rstrip()) - 1
    return at_its_end or error.msg.startswith("Unterminated string")


@dataclass(frozen=True, kw_only=True)
class Client:
    """How one source is asked.

    `timeout_s` bounds the connection and every read, and ten times as much the whole answer.
    `wait` is called with seconds between tries and `ticks` tells how time passes, so that tests
    need neither.
    """

    timeout_s: float = 30.0
    size_limit: int = 64 << 20
    user_agent: str = "research"
    wait: Callable[[float], None] = time.sleep
    ticks: Callable[[], float] = time.monotonic
    session: requests.Session = field(default_factory=requests.Session, repr=False)

    def get(
        self,
        address: str,
        query: Mapping[str, str] | None = None,
        *,
        expect: Kind,
        secret: Mapping[str, str] | None = None,
    ) -> Reply:
        """What `address` answers to a GET with `query` and `secret`.

        `secret` is sent like `query` and never told. Raises SourceError for anything but a whole
        answer of the kind expected: 429, 5xx and broken connections only after several tries.
        """
        shown = f"{address}?{urlencode(query)}" if query else address
        given = {**(query or {}), **(secret or {})}
        for pause in pauses():
            try:
                reply = self._once(address, given)
            except requests.RequestException as error:
                if not _is_passing(error) or pause is None:
                    raise unanswered(
                        shown,
                        _cause(error),
                        tries=TRIES,
                        timeout_s=self.timeout_s,
                        size_limit=self.size_limit,
                        error=type(error).__name__,
                    ) from None
                self.wait(pause)
                continue
            asked = _retry_after(reply.headers)
            hopeless = pause is None or (asked or 0) > LONGEST_WAIT_S
            if reply.status in AGAIN and not hopeless:
                self.wait(max(pause or 0, asked or 0))
                continue
            check_status(shown, reply.status, reply.headers, reply.body, asked)
            break
        check_answer(shown, reply.headers, reply.body, expect)
        return Reply(address=shown, body=reply.body)

    def _once(self, address: str, query: Mapping[str, str]) -> _Answer:
        headers = {"User-Agent": self.user_agent, "Accept": "*/*"}
        end = self.ticks() + 10 * self.timeout_s
        with self.session.get(
            address, params=query, headers=headers, timeout=self.timeout_s, stream=True
        ) as response:
            body = bytearray()
            for chunk in response.iter_content(_CHUNK):
                body += chunk
                if len(body) > self.size_limit:
                    raise _TooLargeError
                if self.ticks() > end:
                    raise requests.ReadTimeout
            return _Answer(response.status_code, response.headers, bytes(body))


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class _TooLargeError(requests.RequestException):
    pass


def _is_passing(error: requests.RequestException) -> bool:
    passing = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
    lasting = (requests.exceptions.SSLError, requests.exceptions.ProxyError)
    return isinstance(error, passing) and not isinstance(error, lasting)


def _cause(error: requests.RequestException) -> Cause:
    """What went wrong, without the words of the library: they hold the whole address."""
    if isinstance(error, _TooLargeError):
        return "size"
    if isinstance(error, requests.exceptions.SSLError):
        return "certificate"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "break"
    if isinstance(error, requests.Timeout):
        return "time"
    return "connection" if isinstance(error, requests.ConnectionError) else "other"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the source asks to wait; None when it does not say."""
    text = headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        until = email.utils.parsedate_to_datetime(text)
        # Against the source's own clock, so that nothing hangs on ours.
        return (until - email.utils.parsedate_to_datetime(headers["Date"])).total_seconds()
    except (ValueError, TypeError, KeyError):
        return None
