"""When an edition was completed: the package's one look at a clock."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping

from research.errors import UsageError


def completed_at(environ: Mapping[str, str] = os.environ) -> str:
    """The completion stamp, UTC to the second, such as `2026-01-30T17:00:00Z`.

    `SOURCE_DATE_EPOCH` (seconds since 1970) fixes it, so that a build can be repeated byte for
    byte. Raises UsageError when that is not a whole number of seconds.
    """
    fixed = environ.get("SOURCE_DATE_EPOCH")
    if not fixed:
        return stamp(dt.datetime.now(tz=dt.UTC))
    try:
        return stamp(dt.datetime.fromtimestamp(int(fixed), tz=dt.UTC))
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(
            f"SOURCE_DATE_EPOCH is {fixed!r}; expected whole seconds since 1970, such as "
            "1769792400. Correct it, or unset it to use the clock."
        ) from error


def after_its_data(completed: str, as_of: dt.date) -> None:
    """Raise UsageError when the stamp `completed` lies before the day `as_of`."""
    if completed[:10] < as_of.isoformat():
        raise UsageError(
            f"the edition would be completed at {completed}, before {as_of}, the day its data are "
            "of; expected that day or a later one. Correct SOURCE_DATE_EPOCH, or unset it to use "
            "the clock; without it, set the clock of this machine."
        )


def stamp(moment: dt.datetime) -> str:
    """`moment` in UTC as the manifest writes it."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
