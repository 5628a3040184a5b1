"""A figure or table with everything a reader needs beside it: title, unit, source, data."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import Any, Literal, NotRequired, Required, TypedDict

from research.errors import NotebookError
from research.exhibits import markup
from research.exhibits.facts import Fact, facts_of, owned
from research.exhibits.mime import EXHIBIT

Kind = Literal["figure", "table", "missing"]
Width = Literal["full", "column", "main"]
ALT_LIMIT = 250


class Heading(TypedDict, total=False):
    """What every exhibit is given beside its data; `note` lines are parted by newlines.

    `width` is the whole text, half of it (`column`; two that follow one another share a row) or the
    main column of page one. `lacking` are the instruments that it is about and that have no current
    price.
    """

    id: Required[str]
    title: Required[str]
    unit: Required[str]
    source: Required[str]
    as_of: Required[str | dt.date]
    note: NotRequired[str]
    illustrative: NotRequired[bool]
    width: NotRequired[Width]
    lacking: NotRequired[tuple[str, ...]]


class ExhibitError(NotebookError):
    """An exhibit that may not be printed as it is; tells all its faults at once."""


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """One figure (`svg`), table (`html`) or notice of a missing exhibit (`reason`).

    Shown in Jupyter as it will be printed. `figure` is the matplotlib figure behind `svg`, kept
    for further work in the notebook; it is never stored.
    """

    id: str
    kind: Kind
    title: str
    unit: str
    source: str
    as_of: str | dt.date
    alt: str
    note: str = ""
    illustrative: bool = False
    width: Width = "full"
    landscape: bool = False
    lacking: tuple[str, ...] = ()
    svg: str | None = None
    html: str | None = None
    csv: str = ""
    reason: str = ""
    data_facts: tuple[Fact, ...] = ()
    figure: Any = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if isinstance(self.as_of, dt.date):
            object.__setattr__(self, "as_of", self.as_of.isoformat()[:10])
        faults = _faults(self)
        if faults:
            listed = "\n".join(f"  {fault}" for fault in faults)
            raise ExhibitError(f"exhibit {self.id!r} cannot be printed:\n{listed}")

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Every fact in the exhibit's words, with ids that begin with the exhibit's own."""
        told = [*facts_of(self.title), *facts_of(self.unit), *facts_of(self.note)]
        told += [*facts_of(self.reason), *self.data_facts]
        return owned(told, owner=self.id, as_of=str(self.as_of), source=str(self.source))

    def as_json(self) -> dict[str, Any]:
        """The exhibit as the printing rooms read it (MIME type `mime.EXHIBIT`)."""
        record: dict[str, Any] = {
            "id": self.id,
            "kind": self.kind,
            "title": str(self.title),
            "unit": str(self.unit),
            "source": str(self.source),
            "note": str(self.note),
            "alt": self.alt,
            "as_of": self.as_of,
            "illustrative": bool(self.illustrative),
            "width": self.width,
            "landscape": bool(self.landscape),
            "csv": self.csv,
            "facts": [fact.as_json() for fact in self.facts],
        }
        if self.lacking:
            record["lacking"] = list(self.lacking)
        body = {"figure": "svg", "table": "html", "missing": "reason"}[self.kind]
        record[body] = getattr(self, body)
        if body == "reason":
            record[body] = self.reason[:1].upper() + self.reason[1:]
        return record

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        record = self.as_json()
        return {EXHIBIT: record, "text/html": markup.exhibit(record), "text/plain": self.alt}


def unavailable(*, reason: str, **heading: Any) -> Exhibit:
    """A card in the place of an exhibit whose data do not exist: `reason` says what is lacking.

    Takes the heading of the exhibit it stands for. The title should name the subject, since
    there is no finding; `reason` is a sentence.
    """
    known = {key: heading[key] for key in _HEADING if key in heading}
    day = _day(known["as_of"])
    return Exhibit(
        kind="missing", reason=reason, alt=shorten(f"Not available as of {day}: {reason}"), **known
    )


_HEADING = tuple(Heading.__annotations__)


def _day(as_of: str | dt.date) -> str:
    return markup.day(as_of.isoformat()[:10] if isinstance(as_of, dt.date) else as_of)


def shorten(alt: str) -> str:
    """`alt` within the limit, cut at a word."""
    return alt if len(alt) <= ALT_LIMIT else alt[: ALT_LIMIT - 1].rsplit(" ", 1)[0] + "…"


def _faults(exhibit: Exhibit) -> list[str]:
    title = str(exhibit.title).strip()
    checks = [
        (
            not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", exhibit.id),
            "id: expected a slug such as 'rally-indexed' (small letters, digits, hyphens).",
        ),
        (not title, "title: is empty; write what the data show, in a sentence."),
        (title.endswith("."), f"title: {title!r} ends with a period; titles have none."),
        (
            title.lower().startswith(("chart of", "table of", "figure of")),
            f"title: {title!r} says what the exhibit is; say what it shows.",
        ),
        ("!" in title, f"title: {title!r} has an exclamation mark."),
        (not str(exhibit.unit).strip(), "unit: is empty; say what is measured, and in what."),
        (not str(exhibit.source).strip(), "source: is empty; name where the data come from."),
        (not str(exhibit.as_of).strip(), "as_of: is empty; give the date the data are known at."),
        (
            exhibit.as_of != "" and not re.fullmatch(r"\d{4}-\d\d-\d\d", str(exhibit.as_of)),
            f"as_of: {exhibit.as_of!r} is no date; expected a date or a string like 2026-01-28.",
        ),
        (not exhibit.alt.strip(), "alt: is empty; a reader who cannot see it needs it in words."),
        (
            len(exhibit.alt) > ALT_LIMIT,
            f"alt: has {len(exhibit.alt)} characters; at most {ALT_LIMIT} are read out.",
        ),
        (
            exhibit.kind == "missing" and not str(exhibit.reason).strip(),
            "reason: is empty; say which data are lacking.",
        ),
    ]
    return [fault for failed, fault in checks if failed]
