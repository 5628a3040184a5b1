"""The shape of a catalogue: which files a desk brings, and what each column of them means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from research.params.available import Available, check_zone
from research.params.base import Day, Fraction, Record, Slug, Text, refusal

Dataset = Literal["prices", "fundamentals", "consensus", "ratings", "ownership"]
Format = Literal["csv", "xlsx", "parquet"]

FORMATS: Mapping[str, Format] = {
    ".csv": "csv", ".txt": "csv", ".tsv": "csv", ".xlsx": "xlsx", ".xlsm": "xlsx",
    ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip
# The columns a file must give, and those it may. A constant of the entry counts as given.
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "prices": ("date",),
    "fundamentals": ("item", "period_end", "value", "published_at"),
    "consensus": ("item", "fiscal_year_end", "value", "available_at"),
    "ratings": ("analyst", "broker", "date", "rating"),
    "ownership": ("fund", "group", "date", "weight", "benchmark_weight"),
}
OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "prices": (
        "instrument",
        "close",
        "adj_close",
        "unit",
        "dividend",
        "split",
        "contract",
        "volume",
        "open_interest",
    ),
    "fundamentals": ("instrument", "unit"),
    "consensus": ("instrument", "unit"),
    "ratings": ("instrument",),
    "ownership": (),
}
# The day that an entry's `available` rule counts from.
ANCHOR: Mapping[str, str] = {
    "prices": "date",
    "fundamentals": "published_at",
    "consensus": "available_at",
    "ratings": "date",
    "ownership": "date",
}


def _check_character(text: str) -> str:
    if len(text) != 1:
        raise refusal(text, "one character")
    return text


class Expect(Record):
    """What the values of an entry must keep within: a guard against a changed unit."""

    low: float | None = None
    high: float | None = None


class Repair(Record):
    """One row known to be wrong, left out for as long as the file still holds it."""

    instrument: Slug
    date: Day
    found: float = Field(description="the value as the file has it; the repair ends with it")
    reason: Text


class Entry(Record):
    """Files of one vendor that are laid out alike, and the stretch of days they are used for."""

    dataset: Dataset = "prices"
    source: Text = Field(description="the name a reader sees under an exhibit")
    licence: Text = Field(description="what the vendor permits")
    folder: str = Field(default="", description="relative to the catalogue")
    file: Text | None = Field(default=None, description="one file, relative to `folder`")
    files: dict[Slug, Text] = Field(default_factory=dict, description="instrument → its file")
    instrument: Slug | None = Field(default=None, description="what `file` is about")
    instruments: dict[str, Slug | None] = Field(
        default_factory=dict,
        description="symbol in the file (or header, if wide) → instrument; null leaves it out",
    )
    layout: Literal["long", "wide"] = "long"
    columns: dict[str, Text] = Field(
        description="our column → the file's header; `#1` is a first column without one"
    )
    constants: dict[str, Text] = Field(default_factory=dict, description="our column → its value")

    sheet: Text | None = Field(default=None, description="of an XLSX workbook")
    delimiter: Annotated[str, AfterValidator(_check_character)] = ","
    encoding: Text = "utf-8"
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    null: tuple[str, ...] = Field(default=("",), description="marks of a missing value")
    header_row: int = Field(default=1, gt=0, description="blank lines are not counted")
    skip_after_header: int = Field(default=0, ge=0, description="rows of units or codes")
    date_format: Text = "%Y-%m-%d"
    time_zone: Annotated[str, AfterValidator(check_zone)] | None = Field(
        default=None, description="where the day of a moment is read off"
    )
    order: Literal["oldest-first", "newest-first"] = "oldest-first"
    frequency: Literal["daily", "weekly", "monthly"] = "daily"

    unit: Text | None = None
    invert: bool = Field(default=False, description="the file has its unit the other way up")
    price_type: Literal["close", "fix", "settlement", "spot", "average"] = "close"
    roll: Literal["volume", "open_interest"] | dict[Text, Day] | None = Field(
        default=None,
        description="of futures one by one: what a later contract has more of when it is held from "
        "the next day on, or contract → first day on which it is held",
    )
    adjusted: Literal["none", "splits", "total-return"] = Field(
        default="none", description="what the vendor's price was adjusted for"
    )
    available: Available = Field(
        description="when a row was public: `date + 0 days at 16:00 America/New_York`"
    )

    first: Day | None = Field(default=None, description="first day used, inclusive")
    last: Day | None = Field(default=None, description="last day used, inclusive")
    tolerance: Fraction = Field(
        default=0.01, description="how far returns may differ from those of the piece before"
    )
    expect: Expect = Expect()
    repairs: tuple[Repair, ...] = ()

    def paths(self) -> Iterator[tuple[str | None, str]]:
        """Each file, relative to the catalogue, with the instrument it is about, if it is one."""
        if self.file is not None:
            yield self.instrument, str(PurePosixPath(self.folder, self.file))
        for instrument, file in self.files.items():
            yield instrument, str(PurePosixPath(self.folder, file))

    @property
    def zone(self) -> ZoneInfo | None:
        """The time zone, as an object."""
        return ZoneInfo(self.time_zone) if self.time_zone else None


class Catalogue(Record):
    """`catalogue.yaml`: the files of one desk.

    Entries that hold the same instrument are pieces of one line, in the order of this file.
    """

    title: Text = Field(description="printed as the source of the note")
    illustrative: bool = Field(default=False, description="true stamps every page as no real data")
    entries: tuple[Entry, ...] = Field(min_length=1)
