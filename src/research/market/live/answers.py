"""What a source answered, told in a sentence, and refused where it is not what was asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from research.errors import DataError

_CHALLENGE = re.compile(
    r"captcha|/__verify|proof.of.work|cf-chl|challenge-platform|unusual traffic|are you a robot"
    r"|automated tool|enable javascript|just a moment",
    re.IGNORECASE,
)
_TITLE = re.compile(r"<title[^>]*>\s*(.*?)\s*</title>", re.IGNORECASE | re.DOTALL)
_MAGIC = {"xlsx": b"PK\x03\x04"}
_ADVICE = {
    400: "Look at the symbol, and at the key if the source needs one.",
    401: "Look at the key: sources.yaml says in `key_from` which variable holds it.",
    403: "It refuses programs, this network or the key. Read its terms, and set `user_agent` in "
    "sources.yaml to what they ask for, or take the source away.",
    404: "The address or the symbol is gone. Look it up, and mend it in sources.yaml.",
    410: "The address or the symbol is gone. Look it up, and mend it in sources.yaml.",
    429: "It has had too many requests. Fetch again later, or get a key if it gives any.",
}


class SourceError(DataError):
    """A live source did not answer with what it was asked for."""


class UnreachableError(SourceError):
    """A live source gives nothing for now, however often it was asked."""


Cause = Literal["size", "certificate", "break", "time", "connection", "other"]
"""Why there was no answer."""


def unanswered(
    shown: str, cause: Cause, *, tries: int, timeout_s: float, size_limit: int, error: str
) -> SourceError:
    """The refusal of a source that gave no whole answer; `error` is the library's name for it."""
    again = f", {tries} times"
    words: dict[Cause, str] = {
        "size": f"answers with more than {size_limit / 2**20:,.4g} MB, the most that is taken. "
        "Look at what it sends; if that is right, raise `size_limit_mb` in sources.yaml.",
        "certificate": "has a certificate that does not hold. Nothing was asked; look at the "
        "address and at this machine's certificates.",
        "break": f"broke off within its answer{again}. Fetch again later.",
        "time": f"did not answer within {timeout_s:g} s{again}. Fetch again later.",
        "connection": f"could not be reached{again}. Look at this machine's network and at "
        "`address` in sources.yaml, then fetch again.",
        "other": f"could not be asked ({error}). Look at `address` in sources.yaml.",
    }
    kind = UnreachableError if cause in ("time", "connection") else SourceError
    return kind(f"{shown} {words[cause]}")


def check_status(
    shown: str, status: int, headers: Mapping[str, str], body: bytes, wait_s: float | None
) -> None:
    """Raise SourceError for any status but 200."""
    if status == 200:
        return
    asked = f", asking for {wait_s:g} s of patience" if wait_s else ""
    advice = _ADVICE.get(status, "Look at `address` in sources.yaml.")
    if status >= 500:
        advice = "The source is down. Fetch again later."
    what = told(headers, body)
    kind = UnreachableError if status == 429 or status >= 500 else SourceError
    raise kind(f"{shown} answered with status {status}{asked}, and with {what}. {advice}")


def check_answer(shown: str, headers: Mapping[str, str], body: bytes, expect: str) -> None:
    """Raise SourceError when `body` is not of the kind that is expected."""
    if not body.strip():
        raise SourceError(
            f"{shown} answered with nothing ({len(body)} bytes); expected {expect.upper()}. Fetch "
            "again later; if it stays so, look at the symbol in sources.yaml."
        )
    text = _head(body)
    if _is_page(text):
        if _CHALLENGE.search(text):
            raise SourceError(
                f"{shown} answered with {told(headers, body)} that wants proof of a human; "
                f"expected {expect.upper()}. Such a page is never solved here. Use another source, "
                "or bring the data as a file."
            )
        raise SourceError(
            f"{shown} answered with {told(headers, body)}; expected {expect.upper()}. The address "
            "moved, or programs are refused. Open it in a browser and mend sources.yaml."
        )
    magic = _MAGIC.get(expect)
    starts = body.lstrip(b"\xef\xbb\xbf \r\n\t")[:1]
    if (magic and not body.startswith(magic)) or (expect == "json" and starts not in (b"[", b"{")):
        raise SourceError(
            f"{shown} answered with {told(headers, body)}; expected {expect.upper()}. Look at what "
            "the address gives, and mend sources.yaml."
        )


def changed(shown: str, found: str, expected: str) -> SourceError:
    """The refusal of an answer whose layout is another than the one that is read here."""
    return SourceError(
        f"{shown} answered in another layout: {found}; expected {expected}. Nothing of it was "
        "taken. If the source changed for good, its reader in research.market.live must follow."
    )


def told(headers: Mapping[str, str], body: bytes) -> str:
    """What an answer is, in words: `a web page titled "…"`, `nothing`, `text that begins …`."""
    text = _head(body)
    if not text.strip():
        return "nothing"
    if _is_page(text):
        title = _TITLE.search(text)
        return f'a web page titled "{title[1][:80]}"' if title and title[1] else "a web page"
    kind = headers.get("Content-Type", "").partition(";")[0].strip()
    return f"text that begins {shown_text(body[:120])}" + (f" ({kind})" if kind else "")


def shown_text(data: bytes) -> str:
    """Bytes as one quoted line."""
    text = " ".join(data.decode("utf-8", "replace").split())
    return f"`{''.join(sign if sign.isprintable() else '.' for sign in text)}`"


def _head(body: bytes) -> str:
    return body[:20_000].decode("utf-8", "replace").lstrip("\ufeff")


def _is_page(text: str) -> bool:
    start = text.lstrip()[:200].lower()
    return start.startswith(("<!doctype html", "<html", "<head", "<script", "<!--", "<body"))
