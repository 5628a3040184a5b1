"""The one stream both writers print: blocks and inlines, frozen, free of any output format."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Literal, TypeAlias

Align: TypeAlias = Literal["left", "right", "center"]


@dataclass(frozen=True)
class Text:
    """Words as they stand, white space already folded."""

    text: str


@dataclass(frozen=True)
class Styled:
    """Words with a role: strong, emph, strike, small (a second line in a cell), sup or sub."""

    role: Literal["strong", "emph", "strike", "small", "sup", "sub"]
    children: tuple[Inline, ...]


@dataclass(frozen=True)
class CodeSpan:
    """Code within a line."""

    text: str


@dataclass(frozen=True)
class MathSpan:
    """A formula within a line, as LaTeX."""

    latex: str


@dataclass(frozen=True)
class Link:
    """A link; a target that begins with `#` is an anchor of this document."""

    target: str
    children: tuple[Inline, ...]


@dataclass(frozen=True)
class FootnoteRef:
    """The mark of note `number`; the first mark carries the note, later ones only refer to it."""

    number: int
    note: tuple[Block, ...] = ()


@dataclass(frozen=True)
class Break:
    """A forced line break."""


@dataclass(frozen=True)
class Inset:
    """A picture no higher than a line, such as a small chart in a cell."""

    media: Media
    alt: str


Inline: TypeAlias = Text | Styled | CodeSpan | MathSpan | Link | FootnoteRef | Break | Inset
Inlines: TypeAlias = tuple[Inline, ...]


@dataclass(frozen=True)
class Heading:
    """A heading inside a section; levels start at 1 and never skip."""

    level: int
    children: Inlines
    anchor: str = ""


@dataclass(frozen=True)
class Paragraph:
    """A paragraph."""

    children: Inlines


@dataclass(frozen=True)
class ListBlock:
    """A list; `start` is the first number of an ordered one, None for bullets."""

    items: tuple[tuple[Block, ...], ...]
    start: int | None = None


@dataclass(frozen=True)
class Definitions:
    """Terms, each with what is said about it."""

    items: tuple[tuple[Inlines, tuple[Block, ...]], ...]
    title: str = ""


@dataclass(frozen=True)
class Quote:
    """Somebody else's words."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class CodeBlock:
    """Code or plain program output; no language for the latter."""

    text: str
    language: str = ""


@dataclass(frozen=True)
class MathBlock:
    """A formula on its own line, as LaTeX."""

    latex: str


@dataclass(frozen=True)
class Rule:
    """A change of subject."""


@dataclass(frozen=True)
class Callout:
    """One line that must be seen: what failed, what is lacking."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Media:
    """A picture's bytes; sizes in points, None where the file does not tell."""

    format: Literal["svg", "png", "jpg", "gif", "webp"]
    data: bytes
    width_pt: float | None = None
    height_pt: float | None = None


@dataclass(frozen=True, kw_only=True)
class Image:
    """A picture that is no exhibit."""

    media: Media
    alt: str


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell, placed: `column` is where it starts in the grid of the table."""

    children: Inlines
    column: int
    header: bool = False
    align: Align = "left"
    mark: bool = False
    colspan: int = 1
    rowspan: int = 1
    fill: str = ""
    ink: str = ""
    bold: bool = False


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row; group, stat and units rows are set apart by both writers."""

    cells: tuple[Cell, ...]
    kind: Literal["plain", "group", "stat", "units"] = "plain"


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table on a grid of `columns`; the first `index` columns name the rows."""

    head: tuple[Row, ...]
    body: tuple[Row, ...]
    columns: int
    index: int = 0
    caption: str = ""
    house: bool = False
    dense: bool = False


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """A numbered figure, table, or notice that its data are not available."""

    id: str
    number: int
    title: str
    unit: str = ""
    source: str = ""
    notes: tuple[str, ...] = ()
    alt: str = ""
    as_of: str = ""
    illustrative: bool = False
    width: Literal["full", "column", "main"] = "full"
    landscape: bool = False
    figure: Media | None = None
    tables: tuple[Table, ...] = ()
    missing: str = ""
    csv: str = ""

    @property
    def label(self) -> str:
        """`Exhibit 3`."""
        return f"Exhibit {self.number}"

    @property
    def csv_name(self) -> str:
        """The name under which the exhibit's data are attached."""
        return f"{self.id}.csv"

    @property
    def source_line(self) -> str:
        """Where the data come from and how old they are, as it stands below the exhibit."""
        parts = [f"Source: {self.source.rstrip('.')}." if self.source else ""]
        parts.append(f"As of {self.as_of}." if self.as_of else "")
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two column-wide exhibits side by side."""

    exhibits: tuple[Exhibit, Exhibit]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One item of a band, strip, card, checklist or the calls."""

    label: str = ""
    text: str = ""
    detail: str = ""
    strong: bool = False
    beside: bool = False
    link: Inlines = ()

    @property
    def lead(self) -> Inlines:
        """The label, as a link where it leads somewhere."""
        return self.link or ((Text(self.label),) if self.label else ())


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A made-up block of the page, told apart by `kind`."""

    kind: Literal["band", "calls", "strip", "checklist"]
    items: tuple[Entry, ...]
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Card:
    """One argument on a card: who, what was said, the verdict on it and why.

    Items that follow one another and are `beside` share a row, each as wide as the other. `csv`
    are the rows the estimate is computed from, by `formula`.
    """

    id: str
    title: str
    eyebrow: str = ""
    tag: str = ""
    origin: str = ""
    verdict: str = ""
    mark: str = ""
    verdict_text: str = ""
    grade: str = ""
    items: tuple[Entry, ...] = ()
    figure: Media | None = None
    alt: str = ""
    estimate: str = ""
    formula: str = ""
    csv: str = ""
    rows_behind: int = 0
    note: str = ""

    @property
    def csv_name(self) -> str:
        """The name under which the rows behind the estimate are attached."""
        return f"{self.id}.csv"

    @property
    def data_line(self) -> str:
        """How many rows stand in which attached file; empty without any."""
        rows = f"{self.rows_behind} row{'' if self.rows_behind == 1 else 's'}"
        return f"Data: {self.csv_name}, {rows}" if self.csv else ""

    @property
    def rows(self) -> tuple[tuple[Entry, ...], ...]:
        """The items by row, most rows one item."""
        runs = groupby(self.items, key=lambda item: item.beside)
        return tuple(
            row
            for beside, run in runs
            for row in ([tuple(run)] if beside else [(item,) for item in run])
        )


Block: TypeAlias = (
    Heading
    | Paragraph
    | ListBlock
    | Definitions
    | Quote
    | CodeBlock
    | MathBlock
    | Rule
    | Callout
    | Image
    | Table
    | Exhibit
    | Pair
    | Panel
    | Card
)
