"""The one stream both writers print: blocks and inlines, frozen, free of any output format."""

from __future__ import annotations

from dataclasses import dataclass, field
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
    width: Literal["full", "column"] = "full"
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


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A made-up block of the page, told apart by `kind`."""

    kind: Literal["band", "calls", "strip", "checklist"]
    items: tuple[Entry, ...]
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Card:
    """One argument on a card: who, what was said, the verdict on it and why.

    Items that follow one another and are `beside` share a row, each as wide as the other.
    """

    id: str
    title: str
    eyebrow: str = ""
    verdict: str = ""
    mark: str = ""
    verdict_text: str = ""
    grade: str = ""
    items: tuple[Entry, ...] = ()
    figure: Media | None = None
    alt: str = ""
    estimate: str = ""
    note: str = ""

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


@dataclass(frozen=True, kw_only=True)
class Section:
    """One notebook of the note; only the front page has a lead, an aside and a foot."""

    id: str
    title: str
    main: tuple[Block, ...]
    lead: tuple[Block, ...] = ()
    aside: tuple[Block, ...] = ()
    foot: tuple[Block, ...] = ()
    front: bool = False


@dataclass(frozen=True, kw_only=True)
class Ending:
    """A list of sentences that closes an edition, such as its disclosures."""

    id: str
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Meta:
    """What the page says about itself; dates are readers' dates, stamps keep their zone."""

    title: str
    edition: bool = False
    series: str = ""
    issue: str = ""
    question: str = ""
    as_of: str = ""
    as_of_note: str = ""
    completed: str = ""
    completed_at: str = ""
    illustrative: bool = False
    gate: str = ""
    gate_messages: tuple[str, ...] = ()
    producer: tuple[tuple[str, str], ...] = ()
    disclosures: tuple[str, ...] = ()
    paper: Literal["a4", "us-letter"] = "a4"
    language: str = "en"

    @property
    def gate_badge(self) -> str:
        """What the first page says of the data checks; nothing when all of them passed."""
        if self.gate in ("", "PASS"):
            return ""
        count = len(self.gate_messages)
        findings = f", {count} finding{'s' if count != 1 else ''}" if count else ""
        return f"Data checks: {self.gate}{findings}"

    @property
    def endings(self) -> tuple[Ending, ...]:
        """What follows the sections of an edition: the data checks in full, the disclosures."""
        if not self.edition:
            return ()
        checks = self.gate_messages or (("All data checks passed.",) if self.gate == "PASS" else ())
        people = " · ".join(f"{label}: {said}" for label, said in self.producer)
        disclosures = (*self.disclosures, people) if people else self.disclosures
        every = (
            Ending(id="data-quality", title="Data quality", lines=checks),
            Ending(id="disclosures", title="Disclosures", lines=disclosures),
        )
        return tuple(ending for ending in every if ending.lines)


@dataclass(frozen=True, kw_only=True)
class Document:
    """A whole publication in reading order; `anchors` maps every link target to its words."""

    meta: Meta
    sections: tuple[Section, ...]
    anchors: dict[str, str] = field(default_factory=dict)
