"""Why the odds moved since the last edition: one part for each cause, which add up exactly."""

from __future__ import annotations

from dataclasses import dataclass
from math import cosh, isnan, sinh
from typing import TYPE_CHECKING, NamedTuple

from research.analysis.odds import logit
from research.errors import UsageError

if TYPE_CHECKING:
    from research.analysis.outlook import Outlook
    from research.params.models import Outlook as Rules

ROUNDING = 1e-12  # log-odds: less than this is what arithmetic loses, no limit that binds
BASE_RATE, LIMITS, REVISION = "base rate", "limits", "revision"


class Part(NamedTuple):
    """One cause: its `kind` (`family`, `base rate`, `limits`, `revision`), and what it moved.

    `name` is the family's, else the kind. `log_odds` and `p` are changes, positive for higher odds.
    """

    kind: str
    name: str
    log_odds: float
    p: float


@dataclass(frozen=True, kw_only=True)
class Split:
    """The change of the probability from `p_then`, as it was published, to `p_now`, in parts.

    `p_recomputed` is that of the last edition by today's data and method.
    """

    p_now: float
    p_then: float
    p_recomputed: float
    parts: tuple[Part, ...]

    @property
    def change(self) -> float:
        """Change of the probability (fraction), which the parts' `p` sum to."""
        return self.p_now - self.p_then


def split(now: Outlook, then: Outlook, recorded_p: float | None, rules: Rules) -> Split:
    """Exact parts of `now.p` − `recorded_p` (DOMAIN §D.6).

    `then` is the outlook of the last edition's day by today's data and rules; `recorded_p` what
    that edition said, None when nothing is on record, which leaves no revision. In log-odds the
    parts are κ times the change of each family, the change of the base rate, what the cap and the
    limits of p take or give back, and the revision. In probability each has the same share, by
    the logarithmic mean Δp/ΔL, so that no order of the parts matters. All parts are NaN when one
    of the probabilities is. Raises UsageError for a recorded probability outside (0, 1).
    """
    p_then = then.p if recorded_p is None else recorded_p
    if not (0 < p_then < 1 or isnan(p_then)):
        raise UsageError(
            f"the recorded probability must lie between 0 and 1, both excluded; found {p_then}. "
            "Correct the record of the last edition, or leave it out."
        )
    names = dict.fromkeys([*now.families, *then.families])
    moved = {
        name: rules.kappa * (now.families.get(name, 0.0) - then.families.get(name, 0.0))
        for name in names
    }
    others = {
        BASE_RATE: logit(now.p0) - logit(then.p0),
        LIMITS: _limited(now, rules) - _limited(then, rules),
        REVISION: logit(then.p) - logit(p_then),
    }
    weight = log_mean_weight(logit(p_then), logit(now.p))
    parts = [Part("family", name, value, weight * value) for name, value in moved.items()]
    parts += [Part(kind, kind, value, weight * value) for kind, value in others.items()]
    return Split(p_now=now.p, p_then=p_then, p_recomputed=then.p, parts=tuple(parts))


def log_mean_weight(a: float, b: float) -> float:
    """(p_b − p_a)/(b − a) for the probabilities of log-odds `a`, `b`; p(1 − p) where they meet.

    Written with hyperbolic functions, which stay exact for log-odds that are nearly equal.
    """
    half = (b - a) / 2
    slope = sinh(half) / half if half else 1.0
    return slope / (4 * cosh(a / 2) * cosh(b / 2))


def _limited(view: Outlook, rules: Rules) -> float:
    # What the cap and the limits keep the odds from, in log-odds: nil when neither binds.
    kept = logit(view.p) - (logit(view.p0) + rules.kappa * sum(view.families.values()))
    return 0.0 if abs(kept) < ROUNDING else kept
