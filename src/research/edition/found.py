"""What a plan asks of the market: its date, gates and inputs, looked up once for the same data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from research.edition.vintages import records_in, store_of
from research.execution.cache.key import hash_of, rooms, versions
from research.execution.cache.store import Store, digest
from research.execution.run import ask
from research.execution.warm import Setup
from research.params.models import Params

_KIND = "plans"
# all that the market is made by
_ROOMS = ("errors", "note_file", "calendar", "gates", "params", "market")


@dataclass(frozen=True, kw_only=True)
class Found:
    """The market of one edition without its data, so that it can be kept.

    `inputs` are the hashes of the rows that are visible, `about` is what else a notebook can see of
    the source, `files` are the hashes of the files it was read from, by their name in the source.
    """

    as_of: str
    as_of_note: str
    source_name: str
    illustrative: bool
    gates: tuple[Mapping[str, Any], ...]
    inputs: Mapping[str, str]
    about: Mapping[str, str]
    files: Mapping[str, str]


def look(
    params: Params,
    *,
    source: str,
    as_of: str | dt.date,
    cache: Store | None = None,
    ahead: Setup | None = None,
) -> Found:
    """What the market of `params` holds on a day, by the last look of `cache` if nothing changed.

    Where it has to be looked into, the process that kernels are forked from is asked by `ahead`, if
    that is given. Raises what opening the market raises.
    """
    names = (params.path, source, str(as_of))
    made_of = digest([params.note.model_dump_json(), params.sources, rooms(*_ROOMS), versions()])
    held = cache.get_record(_KIND, *names) if cache else None
    if held and held["made_of"] == made_of and _are_there(held["found"]["files"], params, source):
        return _as_kept(held["found"])
    told = ask(ahead) if ahead and ahead.asked else None
    found = as_told(told, params) or _look(params, source, as_of)
    if cache:
        cache.put_record(_KIND, *names, record={"made_of": made_of, "found": asdict(found)})
    return found


def as_told(told: Mapping[str, Any] | None, params: Params) -> Found | None:
    """What was found, from the plain values that it was told in.

    None where nothing was told, and where others than these parameters were looked into: files that
    were edited since they were loaded.
    """
    if told is None or told["params"] != params.sources:
        return None
    return _as_kept(told)


def _as_kept(told: Mapping[str, Any]) -> Found:
    known = {one.name: told[one.name] for one in fields(Found)}
    return Found(**{**known, "gates": tuple(told["gates"])})


def files_of(source: str, note_file: Path, names: Mapping[str, str]) -> dict[Path, str]:
    """Where the files of a source lie → what their hash was; none for data that come with us."""
    _, _, catalogue = source.partition(":")
    store = store_of(source, note_file)
    if not catalogue and not store:
        return {}
    folder = store or (note_file.parent / catalogue).parent
    return {folder / name: sha for name, sha in names.items()}


def _look(params: Params, source: str, as_of: str | dt.date) -> Found:
    from research.market.market import Market
    from research.market.survey import look_into

    return _as_kept(look_into(Market.open(params, source=source, as_of=as_of)))


def _are_there(names: Mapping[str, str], params: Params, source: str) -> bool:
    try:
        files = files_of(source, Path(params.path), names)
        store = store_of(source, Path(params.path))
        if store and params.feeds:
            fed = {feed.id for feed in params.feeds.feeds}
            if {path for path in records_in(store) if path.parts[-3] in fed} != set(files):
                return False
        return all(hash_of(path) == sha for path, sha in files.items())
    except OSError:
        return False
