"""Fingerprints of a source, by which a quote is held against words that the project does not keep.

A source's file has one line a word: the hashes of the two, three and four words that begin there.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from research.errors import UsageError

SIZES = (2, 3, 4)
"""Numbers of words that have a hash."""
_HEAD = "# Fingerprints of the source with SHA-256 "
_LINE = re.compile(r"[0-9a-f]{12}( [0-9a-f]{12}){0,2}")
_PLAIN = str.maketrans(
    "‘’‚‛′“”„‟″«»‐‑‒–−", "'''''" + '"""""' + '""' + "-----", "\u00ad\u200b\u2060"
)
_GAP = re.compile(r"…|\.\.\.")
_BRACKETS = "\"'([{)]}"


@dataclass(frozen=True, kw_only=True)
class Fingerprints:
    """The hashes of one source: of each size, those of the words from each place on."""

    source_sha256: str
    windows: tuple[tuple[str, ...], ...]

    def departure(self, quote: str) -> str | None:
        """The first word of `quote` from which on it is not in the source; None if all of it is.

        Its pieces, parted by an ellipsis, must each stand there unbroken, and in this order.
        """
        start = 0
        for piece in pieces(quote):
            ends = self._ends(piece, start)
            if not ends:
                known = [n for n in range(1, len(piece)) if self._ends(piece[:n], start)]
                whole = known[-1] if known else 0
                return piece[whole if whole > 1 else 0]  # a first word alone proves nothing
            start = min(ends)
        return None

    def _ends(self, words: Sequence[str], start: int) -> list[int]:
        """Places after `words`, wherever they stand at or behind `start`."""
        size = min(len(words), SIZES[-1])
        if size < SIZES[0]:
            return [start]  # one word has no hash; it is told with the next
        asked = [_hash(words[n : n + size]) for n in range(len(words) - size + 1)]
        column = self.windows[SIZES.index(size)]
        return [
            place + len(words)
            for place in range(start, len(column) - len(asked) + 1)
            if all(column[place + n] == one for n, one in enumerate(asked))
        ]


def pieces(quote: str) -> list[list[str]]:
    """The words of `quote`, normalised, in pieces parted by an ellipsis."""
    return [words(piece) for piece in _GAP.split(quote)]


def words(text: str) -> list[str]:
    """The words of `text` without capitals, typographic signs and punctuation at their ends.

    Signs that a number needs, such as $, % and a minus, stay.
    """
    plain = unicodedata.normalize("NFC", text).translate(_PLAIN).replace("—", " ").casefold()
    found = _GAP.sub(" ", plain).split()
    bare = (one.lstrip(_BRACKETS).rstrip(_BRACKETS + ".,;:!?") for one in found)
    return [one for one in bare if one.strip("-.,;:!?")]


def write(article: Path, file: Path) -> Fingerprints:
    """Write the fingerprints of the text in `article` into `file`; gives them.

    Raises UsageError when the one cannot be read as text or the other not be written.
    """
    try:
        content = article.read_bytes()
        text = encode(content)
    except OSError as error:
        raise UsageError(
            f"{article} cannot be read: {error.strerror or error}. Name the source as a text file."
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{article}: byte {error.start} is not UTF-8. Save the source as plain text in UTF-8."
        ) from error
    made = decode(text)
    if made is None:
        raise UsageError(
            f"{article} has {len(words(content.decode()))} words; expected at least {SIZES[-1]}. "
            "Name the file that holds the whole source."
        )
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(
            f"{file} cannot be written: {error.strerror or error}. Name another file."
        ) from error
    return made


def encode(article: bytes) -> str:
    """The text of the file of fingerprints of `article`, which is text in UTF-8."""
    spoken = words(article.decode())
    lines = (" ".join(_from(spoken, place)) for place in range(len(spoken) - 1))
    return "\n".join([_HEAD + hashlib.sha256(article).hexdigest(), *lines]) + "\n"


@lru_cache(maxsize=4)
def decode(text: str) -> Fingerprints | None:
    """The fingerprints that `encode` wrote; None when `text` is anything else."""
    head, *lines = text.splitlines() or [""]
    sha256 = head.removeprefix(_HEAD)
    rows = [line.split() for line in lines if _LINE.fullmatch(line)]
    sizes = [min(len(lines) - n, len(SIZES)) for n in range(len(lines))]
    if not re.fullmatch(r"[0-9a-f]{64}", sha256) or [len(row) for row in rows] != sizes:
        return None
    if len(lines) < SIZES[-1] - 1:
        return None
    columns = (tuple(row[n] for row in rows if len(row) > n) for n in range(len(SIZES)))
    return Fingerprints(source_sha256=sha256, windows=tuple(columns))


def _from(spoken: Sequence[str], place: int) -> Iterator[str]:
    for size in SIZES:
        if place + size <= len(spoken):
            yield _hash(spoken[place : place + size])


def _hash(window: Sequence[str]) -> str:
    return hashlib.sha256(" ".join(window).encode()).hexdigest()[:12]
