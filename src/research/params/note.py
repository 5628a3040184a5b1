"""The shape of `params/<note>.yaml`: one recurring publication and its sections."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from research.params.base import Day, Function, Record, Slug, Text, Value


class Producer(Record):
    """Who answers for the note (MAR RTS 2016/958, Art. 2)."""

    name: Text
    role: Text
    firm: Text
    regulator: Text = "not regulated"


class Section(Record):
    """One notebook of the note and the parameters it is run with."""

    id: Slug
    title: Text
    notebook: Text = Field(description="path of the notebook, relative to this file")
    parameters: dict[str, Value] = Field(default_factory=dict)
    timeout_s: int = Field(default=600, gt=0, description="longest run, seconds")
    ahead: int | None = Field(
        default=None, ge=0, description="how many of the note's `ahead` it waits for (all of them)"
    )


class Note(Record):
    """One recurring publication: `params/<note>.yaml`."""

    note: Slug
    title: Text
    series: Text
    question: Text = Field(description="what the verdict answers, in one sentence")
    as_of: Day | Literal["latest"] = "latest"
    source: Text = Field(
        default="sample",
        description="`sample`; `store` of what was fetched; or `files:` and the path of a "
        "catalogue, relative to this file",
    )
    calendar: Literal["NYSE", "London", "weekdays"] = "NYSE"
    paper: Literal["a4", "us-letter"] = "a4"
    language: Literal["en"] = "en"
    on_section_failure: Literal["stop", "leave-out"] = "stop"
    producer: Producer
    universe: Text = "universe.yaml"
    claims: Text = "claims.yaml"
    method: Text = "method.yaml"
    decks: Text = "decks.yaml"
    catalysts: Text | None = Field(
        default=None, description="file of events and risks, for a note that has them"
    )
    corrections: Text | None = Field(
        default=None, description="file of corrections of prices, for a note that has them"
    )
    checklist: Text | None = Field(
        default=None, description="file of disclosure requirements, for a note that has them"
    )
    feeds: Text | None = Field(
        default=None, description="file of live sources, for a note that has them"
    )
    sections: tuple[Section, ...] = Field(min_length=1)
    disclosures: tuple[Text, ...] = Field(min_length=1)
    ahead: tuple[Function, ...] = Field(
        default=(),
        description="functions called once, with note, as_of and source, before notebooks run",
    )
    names: tuple[Text, ...] = Field(
        default=(), description="names with a figure in them that notebooks may hold"
    )
