"""The shape of `claims.yaml`: what each analyst said, and what would refute it."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, StringConstraints

from research.params.base import Day, Record, Relevance, Sha256, Slug, Text

TestName = Literal[
    "active_weight",
    "association",
    "association_with_weight",
    "breadth",
    "buy_share",
    "downside_beta",
    "gains",
    "price_target",
    "record_high",
    "record_price",
    "recovery",
    "relative_value",
    "robust_price",
    "run_ups",
    "unusual_gains",
    "valuation",
]
TEST_NAMES: tuple[str, ...] = get_args(TestName)
"""The tests of `research.analysis.arguments.TESTS`, known here before anything runs."""
BOUNDED_TESTS = ("active_weight", "buy_share", "downside_beta", "run_ups", "valuation")
"""Tests that decide by the claim's own `bounds`; the others decide by `method.yaml`."""
METHOD_BOUNDS = {"breadth": ("support_share", "contradiction_share")}
"""Of those others, the ones with bounds to show: keys of support and contradiction in the block of
`method.yaml` that has the test's name. Large values support."""
SUBJECT_TESTS = ("association", "record_high", "record_price", "unusual_gains", "valuation")
"""Tests that have no subject of their own, so that the claim names one in `about`."""


class Claims(Record):
    """`claims.yaml`: the ledger of arguments."""

    source: ClaimSource
    claims: tuple[Claim, ...] = Field(min_length=1)

    def __getitem__(self, id: str) -> Claim:
        for claim in self.claims:
            if claim.id == id:
                return claim
        raise KeyError(id)


class ClaimSource(Record):
    """The article that the quotes come from."""

    title: Text
    published: Day
    sha256: Sha256
    fingerprints: Text = Field(
        description="file of its fingerprints, relative to this one; `research fingerprint "
        "ARTICLE.txt FILE` makes it"
    )


class Bounds(Record):
    """Where a claim is supported and where it is contradicted.

    `side` says which way supports: `low` means small values support (support < contradiction).
    """

    side: Literal["low", "high"]
    support: float
    contradiction: float
    unit: str = ""


class Words(Record):
    """How a key call begins, by verdict: a few words with a full stop."""

    supported: Text
    mixed: Text
    contradicted: Text


class Claim(Record):
    """One analyst's argument, as it was said, and what would refute it."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Z]\d$")]
    speaker: Text
    role: str = ""
    firm: str = ""
    quotes: tuple[Text, ...] = Field(min_length=1, description="exact words of the source")
    short: Text = Field(description="the claim in at most twelve words")
    directness: Literal["direct", "paraphrase", "fact"]
    type: Literal[
        "fact", "classification", "positioning", "descriptive", "sentiment",
        "valuation", "forecast", "causal", "relative-value",
    ]  # fmt: skip
    said_on: Day
    horizon_weeks: int | None = Field(default=None, gt=0)
    horizon_source: Literal["stated", "assumed", "none"] = "none"
    test: TestName | None = Field(default=None, description="name of a test")
    about: tuple[Slug, ...] = Field(
        default=(), description="instruments or sub-groups that the test looks at; empty: its own"
    )
    level: float | None = Field(
        default=None, description="price that is claimed, in the unit of the instrument"
    )
    since: dict[Slug, Day] = Field(
        default_factory=dict,
        description="subject → first day of the span of a claimed record; else its first listing",
    )
    not_tested_because: Text | None = None
    family: Slug | None = None
    relevance: Relevance = 0
    direction: Literal[-1, 0, 1] = 0
    bounds: Bounds | None = None
    mirror_of: str | None = None
    words: Words | None = Field(default=None, description="key call on page one, by verdict")
    falsifier: Text = Field(description="metric, threshold and by when")

    @property
    def quoted(self) -> str:
        """The exact words in quotation marks, several extracts parted by an ellipsis."""
        return " … ".join(f"“{quote}”" for quote in self.quotes)

    @property
    def attribution(self) -> str:
        """Who said it and how it reached the article: `Jon Mills, Morningstar · paraphrase`."""
        who = (
            f"{self.speaker}, {self.firm}" if self.firm not in ("", self.speaker) else self.speaker
        )
        how = {"direct": "direct quote", "paraphrase": "paraphrase", "fact": "reported fact"}
        return f"{who} · {how[self.directness]}"
