"""A whole publication: what it says of itself, its sections, and what every edition ends with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from research.render.blocks import Block, Inlines, Link, Text


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
    lines: tuple[Inlines, ...]


@dataclass(frozen=True, kw_only=True)
class Meta:
    """What the page says about itself; dates are readers' dates, stamps keep their zone.

    `changed` are the exhibits whose finding another edition, `since`, told otherwise: their
    anchor, the finding now and the one before.
    """

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
    since: str = ""
    changed: tuple[tuple[str, str, str], ...] = ()
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
        """What follows an edition's sections: changed findings, data checks, disclosures."""
        if not self.edition:
            return ()
        checks = self.gate_messages or (("All data checks passed.",) if self.gate == "PASS" else ())
        people = " · ".join(f"{label}: {said}" for label, said in self.producer)
        disclosures = (*self.disclosures, people) if people else self.disclosures
        every = (
            Ending(
                id="changed-findings",
                title=f"Findings that changed since edition {self.since}",
                lines=tuple(
                    (Link(f"#{anchor}", ()), Text(f": {now}; was: {before}"))
                    for anchor, now, before in self.changed
                ),
            ),
            Ending(id="data-quality", title="Data quality", lines=_plain(checks)),
            Ending(id="disclosures", title="Disclosures", lines=_plain(disclosures)),
        )
        return tuple(ending for ending in every if ending.lines)


def _plain(lines: Iterable[str]) -> tuple[Inlines, ...]:
    return tuple((Text(line),) for line in lines)


@dataclass(frozen=True, kw_only=True)
class Document:
    """A whole publication in reading order; `anchors` maps every link target to its words."""

    meta: Meta
    sections: tuple[Section, ...]
    anchors: dict[str, str] = field(default_factory=dict)
