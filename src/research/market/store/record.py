"""The record beside a vintage: where it came from, and what makes it visible."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from research.errors import DataError

MOMENT = "%Y%m%dT%H%M%SZ"  # in names: sorts, and holds no colon, which Windows forbids
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Vintage:
    """What one source said at one moment that it had not said before.

    `address` holds no secret. `fetched_at` is UTC to the second. `sha256`, `size` and `rows` are
    those of the Parquet file; `revised` of its rows say anew what an earlier vintage said.
    """

    source: str
    dataset: str
    address: str
    fetched_at: dt.datetime
    licence: str
    sha256: str
    size: int
    rows: int
    revised: int
    first: dt.date
    last: dt.date

    @property
    def name(self) -> str:
        """Path in the store without an ending; of one source and dataset, names sort by time."""
        stem = f"{self.fetched_at.strftime(MOMENT)}-{self.sha256[:8]}"
        return f"{self.source}/{self.dataset}/{stem}"

    def as_json(self) -> str:
        """The record as it is written."""
        plain = {key: _plain(value) for key, value in asdict(self).items()}
        return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"


def read_record(path: Path) -> Vintage:
    """The vintage whose record lies at `path`.

    Raises DataError, naming the file, when it is no record or not that of the vintage beside it.
    """
    shown = "/".join(path.parts[-3:])
    try:
        found = json.loads(path.read_bytes())
        vintage = Vintage(
            **{
                **{one.name: found[one.name] for one in fields(Vintage)},
                "fetched_at": dt.datetime.fromisoformat(found["fetched_at"]),
                "first": dt.date.fromisoformat(found["first"]),
                "last": dt.date.fromisoformat(found["last"]),
            }
        )
        if vintage.fetched_at.tzinfo is None or type(vintage.rows) is not int:
            raise ValueError
        whole = _SHA256.fullmatch(vintage.sha256) and f"{vintage.name}.json" == shown
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(_spoilt(shown, f"cannot be read ({type(error).__name__})")) from error
    if not whole:
        raise DataError(_spoilt(shown, "is that of another vintage"))
    return vintage


def _spoilt(shown: str, what: str) -> str:
    return (
        f"store: the record {shown} {what}; expected the one that was written beside its vintage. "
        "Restore it from a backup, or take it away with the file beside it and fetch again."
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, dt.date) else value
