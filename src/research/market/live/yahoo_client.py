"""Requests to Yahoo through yfinance, which knows its cookies, its consent page and its crumb."""

from __future__ import annotations

import atexit
import logging
import tempfile
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import yfinance
from curl_cffi import CurlECode, CurlOpt
from curl_cffi import requests as curl
from yfinance.data import YfData
from yfinance.exceptions import YFRateLimitError

from research.market.live.answers import Cause, check_answer, check_status, unanswered
from research.market.live.http import AGAIN, TRIES, Client, Reply, pauses

HOME = "query2.finance.yahoo.com"
"""The host that yfinance asks; another in `address` of sources.yaml goes before all of Yahoo's."""
_AGAIN_LATER = (curl.exceptions.ConnectionError, curl.exceptions.Timeout, curl.exceptions.HTTPError)
_LASTING = (curl.exceptions.SSLError,)

for _name in ("yfinance", "bs4"):  # what they log is told here
    logging.getLogger(_name).addHandler(logging.NullHandler())


class YahooClient:
    """Yahoo at `address`, asked as politely as `client` asks all others.

    yfinance keeps one session for its process, so the client made last is the one that asks.
    """

    def __init__(self, address: str, client: Client) -> None:
        self._address, self._client = address, client
        self._session = _Session(address, client)
        self._yahoo: Any = None

    def get(self, path: str, query: Mapping[str, str]) -> Reply:
        """The JSON at `path`; SourceError for anything else, as `Client.get` has it."""
        shown = f"{self._address}{path}?{urlencode(query)}"
        for pause in pauses():
            try:
                status, headers, body = self._once(path, query)
            except curl.exceptions.RequestException as error:
                passing = isinstance(error, _AGAIN_LATER) and not isinstance(error, _LASTING)
                if pause is None or not passing:
                    raise unanswered(
                        shown,
                        _cause(error),
                        tries=TRIES,
                        timeout_s=self._client.timeout_s,
                        size_limit=self._client.size_limit,
                        error=type(error).__name__,
                    ) from None
                self._client.wait(pause)
                continue
            if status in AGAIN and pause is not None:
                self._client.wait(pause)
                continue
            check_status(shown, status, headers, body, None)
            break
        check_answer(shown, headers, body, "json")
        return Reply(address=shown, body=body)

    def _once(self, path: str, query: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        if self._yahoo is None:
            self._yahoo = _yahoo(self._session)
        try:
            answer = self._yahoo.get(f"https://{HOME}{path}", params=dict(query))
        except YFRateLimitError:
            answer = self._session.last
        return answer.status_code, answer.headers, answer.content


class _Session(curl.Session[Any]):
    """A browser-like session with limits, that goes to another host where one is given."""

    def __init__(self, address: str, client: Client) -> None:
        limits = {CurlOpt.MAXFILESIZE_LARGE: client.size_limit}
        super().__init__(impersonate="chrome", curl_options=limits)
        self._address, self._client = address, client
        self.last: Any = None

    def request(self, method: Any, url: str, *args: Any, **named: Any) -> Any:
        asked = urlsplit(url)
        if urlsplit(self._address).netloc != HOME:
            url = self._address + asked.path + (f"?{asked.query}" if asked.query else "")
        named["timeout"] = self._client.timeout_s
        self.last = super().request(method, url, *args, **named)
        return self.last


def _yahoo(session: _Session) -> YfData:
    """yfinance's own way to Yahoo, with nothing of its kept between two commands."""
    folder = tempfile.TemporaryDirectory(prefix="research-yahoo-")
    atexit.register(folder.cleanup)
    yfinance.set_tz_cache_location(folder.name)
    return YfData(session=session)


def _cause(error: curl.exceptions.RequestException) -> Cause:
    if error.code == CurlECode.FILESIZE_EXCEEDED:
        return "size"
    if isinstance(error, curl.exceptions.SSLError):
        return "certificate"
    if isinstance(error, curl.exceptions.HTTPError):
        return "break"
    if isinstance(error, curl.exceptions.Timeout):
        return "time"
    return "connection" if isinstance(error, curl.exceptions.ConnectionError) else "other"
