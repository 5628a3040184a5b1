"""What `research fetch` does: a note's live sources into the store beside its parameters."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from research import __version__
from research.calendar import Calendar
from research.errors import UsageError
from research.params.models import Feed, Params
from research.params.where import spelling

if TYPE_CHECKING:
    from research.market.live.fetch import Outcome, Outlook, Snapshots
    from research.market.live.http import Client
    from research.market.store import Store


__all__ = ["Fetching", "Outcome", "Outlook", "Snapshots", "fetching"]


@dataclass(frozen=True, kw_only=True)
class Fetching:
    """The feeds of one fetch, the store they go to, and the moment it is of (UTC)."""

    feeds: tuple[Feed, ...]
    folder: Path
    moment: dt.datetime
    environ: Mapping[str, str]
    calendar: Calendar

    def run(self) -> Iterator[Outcome]:
        """Fetch, feed by feed; see `research.market.live.fetch.fetch`."""
        from research.market.live.fetch import fetch

        return fetch(self.feeds, self._store(), moment=self.moment, connect=self._connect)

    def foresee(self) -> Iterator[Outlook]:
        """What `run` would ask for, without a request."""
        from research.market.live.fetch import foresee

        return foresee(self.feeds, self._store(), moment=self.moment, connect=self._connect)

    def snapshots(self) -> list[Snapshots]:
        """How many weeks of opinions the store has."""
        from research.market.live.fetch import snapshots

        return snapshots(self._store())

    def seen_from(self, day: dt.date) -> dt.date:
        """The first session of the note's calendar whose edition sees what was told on `day`."""
        while not self.calendar.is_session(day):
            day += dt.timedelta(days=1)
        return day

    def _store(self) -> Store:
        from research.market.store import Store

        return Store(self.folder)

    def _connect(self, feed: Feed) -> tuple[Client, str]:
        from research.market.live.http import Client

        client = Client(
            timeout_s=feed.timeout_s,
            size_limit=int(feed.size_limit_mb * 2**20),
            user_agent=feed.user_agent or f"research/{__version__}",
        )
        return client, self.environ.get(feed.key_from or "", "").strip()


def fetching(
    params: Params,
    *,
    sources: Sequence[str] = (),
    data: Path | None = None,
    moment: str,
    environ: Mapping[str, str] = os.environ,
) -> Fetching:
    """The fetch of the feeds called `sources`, or of all that the note has.

    `data` is by default the folder of that name beside `params/`; `moment` is as `completed_at`
    gives it. RESEARCH_<ID>_ADDRESS of `environ` goes before the address of a feed. Raises
    UsageError for a note without feeds, an unknown one, or an address that is none.
    """
    if params.feeds is None:
        raise UsageError(
            "the note names no live sources, so there is nothing to fetch. Add `feeds: "
            "sources.yaml` to it, and to that file which source feeds which instrument."
        )
    known = [feed.id for feed in params.feeds.feeds]
    for name in sources:
        if name not in known:
            hint = spelling(name, known)
            raise UsageError(f"source {name!r} is not in sources.yaml. {hint}".rstrip())
    chosen = [feed for feed in params.feeds.feeds if not sources or feed.id in sources]
    return Fetching(
        feeds=tuple(_redirected(feed, environ) for feed in chosen),
        folder=data or data_beside(Path(params.path)),
        moment=dt.datetime.fromisoformat(moment),
        environ=environ,
        calendar=Calendar(params.note.calendar),
    )


def data_beside(note_file: Path) -> Path:
    """The folder of vintages of a note: `data/` beside `params/`."""
    return note_file.resolve().parent.parent / "data"


def _redirected(feed: Feed, environ: Mapping[str, str]) -> Feed:
    name = f"RESEARCH_{feed.id.upper().replace('-', '_')}_ADDRESS"
    address = environ.get(name, "").strip().rstrip("/")
    if not address:
        return feed
    if not address.startswith(("http://", "https://")):
        raise UsageError(
            f"{name} is {address!r}; expected an address that begins with http:// or https://."
        )
    named = [one for one in ("address", "keyless_address") if getattr(feed, one)]
    return feed.model_copy(update=dict.fromkeys(named, address))
