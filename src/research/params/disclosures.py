"""The shape of `disclosures.yaml`: what rules ask of a note, and where it does so."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from research.params.base import Record, Slug, Text


class Disclosures(Record):
    """`disclosures.yaml`: the checklist of requirements."""

    requirements: tuple[Requirement, ...] = Field(min_length=1)


class Requirement(Record):
    """One requirement: `met` at a place of the note, not applicable, or still `open`."""

    id: Slug
    requirement: Text
    reference: Text = Field(description="rule and article, such as RTS 2016/958 Art 3(1)(e)")
    status: Literal["met", "n.a.", "open"]
    where: Text = Field(description="place in words; of what is not met, why")
    anchor: Slug | None = Field(
        default=None, description="id of that place: masthead, a section, an exhibit, a heading"
    )
