"""The shape of `method.yaml`: every threshold the note decides by."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from research.params.base import Day, Fraction, Positive, Record, Slug, Text


class Method(Record):
    """`method.yaml`: every threshold the note decides by."""

    version: Text
    sampling: Sampling
    inference: Inference
    breadth: Breadth
    defensive: Defensive
    facts: ArticleFacts
    gains: Gains
    valuation: Valuation
    iron_ore: IronOre
    lithium: Lithium
    ratings: Ratings
    positioning: Positioning
    metal_view: MetalView
    run_ups: RunUps
    outlook: Outlook
    association: Association
    track_record: TrackRecord
    changes: Changes
    gates: Gates
    crises: tuple[Window, ...] = Field(description="sell-offs, fixed before the data were seen")


class Window(Record):
    """A fixed stretch of days, such as a sell-off."""

    label: Text
    first: Day
    last: Day


class Sampling(Record):
    """How prices become returns."""

    primary_years: int = Field(gt=0)
    context_years: int = Field(gt=0)
    six_months_weeks: int = Field(gt=0)
    chart_years: int = Field(gt=0)
    fresh_days: int = Field(gt=0)
    average_fresh_days: int = Field(gt=0)


class Inference(Record):
    """How uncertainty is measured."""

    confidence: Fraction
    bootstrap_draws: int = Field(gt=0)
    mean_block_weeks_min: int = Field(gt=0)
    n_min: int = Field(gt=0)
    n_min_events: int = Field(gt=0)
    coverage_to_test: Fraction
    grade_a_years: float
    grade_b_years: float


class Breadth(Record):
    """Thresholds of the breadth tests."""

    support_share: Fraction
    contradiction_share: Fraction
    leave_out_top: int
    leave_out_keeps: Fraction
    average_days: int
    near_high: Fraction
    history_years: int
    min_observations: int
    bets_weeks: int


class Defensive(Record):
    """What is shown beside downside beta: safe haven, sell-offs, rolling beta."""

    safe_haven_quantile: Fraction
    benchmark_drawdown: Fraction
    rolling_weeks: int
    stale_weeks: int = Field(ge=0)


class ArticleFacts(Record):
    """How exactly a reported fact must hold."""

    tolerance: Fraction
    history_years: int
    unusual_z: float
    window_slack_weeks: int = Field(gt=0)


class Gains(Record):
    """Thresholds of the test of 20 to 50 per cent gains."""

    low: float
    high: float
    share: Fraction
    windows_months: tuple[int, ...]


class Valuation(Record):
    """Thresholds of the valuation tests and of the comps table."""

    expensive_percentile: Fraction
    expensive_robust_z: float
    share_of_families: Fraction
    history_years: int
    history_months_min: int = Field(gt=0)
    reported_days_max: int = Field(gt=0)
    nav_tax: Fraction
    nav_years: int = Field(gt=0)
    nav_rates: tuple[Fraction, ...] = Field(min_length=1, description="real; the first decides")
    not_meaningful_above: Positive
    implied_price_low: float
    implied_price_high: float
    ratio_percentile: Fraction
    ratio_implied_price: float
    ratio_trend_years: int = Field(gt=0)
    alpha_window_weeks: int = Field(gt=0)


class IronOre(Record):
    """Thresholds of the test of a robust price, and the mid-cycle price of iron ore."""

    percentile: Fraction
    mid_cycle_usd_t: Positive
    change_12m: float
    earnings_step: float = Field(gt=0)


class Lithium(Record):
    """Thresholds of the test of a recovery from the low of some months."""

    off_low: float
    low_months: int
    change_13w: float


class Ratings(Record):
    """Thresholds of the ratings test."""

    weeks: int = Field(gt=0)
    snapshots_min: int = Field(gt=0)
    companies_min: int = Field(gt=1)


class Positioning(Record):
    """Thresholds of the ownership test."""

    group: Slug = Field(description="group of the ownership dataset, where a claim names none")
    support_z: float
    history_years: int = Field(gt=0)
    history_quarters_min: int = Field(gt=1)
    funds_min: int = Field(gt=1)


class MetalView(Record):
    """The dated price target behind the view on gold, and when it says nothing."""

    target_usd_oz: Positive
    said_on: Day
    expires_on: Day
    band: Fraction


class RunUps(Record):
    """Thresholds of the run-up events and of crash risk (Greenwood, Shleifer and You 2019)."""

    window_weeks: int
    gain: float
    mild_window_weeks: int
    mild_gain: float
    gap_weeks: int
    mild_gap_weeks: int
    crash_drawdown: float
    crash_weeks: int
    mild_crash_drawdown: float
    mild_crash_weeks: int
    horizons_weeks: tuple[int, ...] = Field(description="outcomes are told after so many weeks")
    crash_steps: tuple[CrashStep, ...] = Field(min_length=1, description="rising run-ups")


class CrashStep(Record):
    """How often a net run-up of a given size ended in a crash, in the published record."""

    run_up: float
    p: Fraction
    episodes: int | None = Field(
        default=None, gt=0, description="behind `p`; without it there is no interval"
    )


class Outlook(Record):
    """How evidence moves the odds (DOMAIN §D)."""

    horizon_weeks: int
    kappa: float
    cap: float
    p_min: Fraction
    p_max: Fraction
    low_evidence_share: Fraction
    drawdown_event: Fraction
    scenario_weeks: int
    extends_above: float
    reverses_below: float
    drift_annual: float
    paths: int
    words: tuple[tuple[float, str], ...] = Field(description="lowest p of each wording, falling")
    families: dict[str, tuple[str, ...]]


class Association(Record):
    """When a causal attribution has lost even what moves with it."""

    r2_weak: Fraction


class TrackRecord(Record):
    """From how many resolved forecasts on a score is told."""

    n_eff_min: int
    calls_min: int


class Changes(Record):
    """Which weekly moves are flagged."""

    flag_sd: Positive
    history_years: int


class Gates(Record):
    """Thresholds of the data gates."""

    stale_sessions: int
    stale_days_by_dataset: dict[str, int]
    jump_ratio: Annotated[float, Field(gt=1)]
    leap_ratio: Annotated[float, Field(gt=1)]
    split_ratios: tuple[Annotated[float, Field(gt=1)], ...] = Field(min_length=1)
    split_tolerance: Fraction
    split_sd: Positive
    frozen_sessions: int = Field(gt=1)
    spacing_rows: int = Field(gt=0)
    last_row_ratio: Annotated[float, Field(gt=1)]
    range_by_kind: dict[Literal["rate", "volatility"], tuple[float, float]] = Field(
        description="kind → lowest and highest close, in the unit of the universe"
    )
    coverage_min: Fraction
    fill_days: int
    adr_gap: Fraction
    adr_sessions: int = Field(gt=0)
    market_value_gap: Fraction
