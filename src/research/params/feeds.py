"""The shape of `sources.yaml`: live sources, and which instrument each calls by which symbol."""

from __future__ import annotations

import re
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, StringConstraints

from research.params.available import Available
from research.params.base import Positive, Record, Slug, Text, UnitText, refusal

FeedId = Literal["lbma", "fred", "world-bank", "cftc", "ishares", "yahoo"]
FEED_IDS: tuple[str, ...] = get_args(FeedId)
"""The sources of `research.market.live`, known here before anything runs."""
PRICED = ("lbma", "fred", "world-bank", "yahoo")
"""Those that give prices; of an instrument only one may, for prices are never mixed."""
WITHOUT_UNITS = ("fred",)
"""Those whose answers do not say their unit, so that the line must."""
WITH_CURRENCY = ("yahoo",)
"""Those whose answers say the currency only, so that the line may say of what."""
WITH_COMPANIES = ("yahoo",)
"""Those that know accounts and ratings."""


def _check_address(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#@]+[^\s?#@]*", text):
        raise refusal(text, "an address such as https://prices.lbma.org.uk/json, without a query")
    return text


Address = Annotated[str, AfterValidator(_check_address)]


Tells = Literal["prices", "accounts", "ratings"]


class Feeds(Record):
    """`sources.yaml`: what `research fetch` brings into the store."""

    feeds: tuple[Feed, ...] = Field(min_length=1)

    def __getitem__(self, id: str) -> Feed:
        for feed in self.feeds:
            if feed.id == id:
                return feed
        raise KeyError(id)


class FeedLine(Record):
    """One thing a source tells of one instrument."""

    symbol: Text = Field(description="what the source calls it")
    instrument: Slug
    unit: UnitText | None = Field(
        default=None, description="of the source's numbers, where its answers do not say"
    )
    invert: bool = Field(default=False, description="the source has its unit the other way up")
    tells: tuple[Tells, ...] = Field(
        default=("prices",),
        min_length=1,
        description="what is asked of it: a source that knows companies has their accounts and "
        "ratings too",
    )
    available: Available | None = Field(
        default=None, description="when its rows are public, where it is not as the source's others"
    )


class Feed(Record):
    """One live source."""

    id: FeedId
    title: Text = Field(description="the name a reader sees under an exhibit")
    address: Address = Field(
        description="base of every request; the environment's RESEARCH_<ID>_ADDRESS goes before it"
    )
    keyless_address: Address | None = Field(
        default=None, description="base of requests without a key, where that is another"
    )
    key_from: Annotated[str, StringConstraints(pattern=r"\S")] | None = Field(
        default=None, description="environment variable that holds the key; never the key itself"
    )
    licence: Text = Field(description="what the source permits")
    available: Available = Field(
        description="when a row is public: `date + 0 days at 15:30 Europe/London`"
    )
    accounts_available: Available | None = Field(
        default=None,
        description="when accounts are taken to be public, from the end of their year, where the "
        "source does not say",
    )
    fresh_days: int = Field(gt=0, description="days after which its newest row is stale")
    timeout_s: Positive = 30
    size_limit_mb: Positive = 64
    user_agent: Text | None = Field(
        default=None, description="how requests name themselves; by default as this package"
    )
    lines: tuple[FeedLine, ...] = Field(min_length=1)
