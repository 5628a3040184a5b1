"""Live sources: what each is asked for, and how its answer becomes rows of a dataset."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

import pandas as pd

from research.market.live.http import Client
from research.params.models import Feed

MODULES: Mapping[str, str] = {
    "lbma": "lbma",
    "fred": "fred",
    "world-bank": "world_bank",
    "cftc": "cftc",
    "ishares": "ishares",
    "yahoo": "yahoo",
}
"""Id of a feed → its module here."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One request, which may fail without loss of the others.

    `name` and `address` are told to readers, so neither holds a secret. `instruments` go stale when
    it fails. `load` gives rows by dataset, in the store's columns, and raises SourceError when the
    answer is not what was asked for.
    """

    name: str
    address: str
    instruments: tuple[str, ...]
    load: Callable[[], Mapping[str, pd.DataFrame]]


class Parts(Protocol):
    """What every module here has as `parts`: the requests of one feed, none of them made yet.

    `key` is the source's, "" where there is none; `moment` is that of the fetch.
    """

    def __call__(
        self, feed: Feed, client: Client, *, key: str, moment: dt.datetime
    ) -> list[Part]: ...


def parts_of(feed: Feed, client: Client, *, key: str, moment: dt.datetime) -> list[Part]:
    """The requests of `feed`, by its own module."""
    module = import_module(f"research.market.live.{MODULES[feed.id]}")
    parts: Parts = module.parts
    return parts(feed, client, key=key, moment=moment)
