"""The files that an edition is made from: parameters, notebooks, and the data of a desk."""

from __future__ import annotations

from pathlib import Path

from research.edition import found
from research.edition.plan import Plan
from research.edition.vintages import records_in, store_of
from research.params.load import PARTS
from research.params.models import Params

_OF_VINTAGE = (".parquet", ".json")


def files_of(params: Params, source: str) -> list[Path]:
    """Every file that is read to make an edition of `params` from `source`, the package's aside.

    Raises as opening the source does when its catalogue cannot be read; a data file that is not
    there is left out, for the gates tell of it.
    """
    folder = Path(params.path).resolve().parent
    named = [getattr(params.note, part) for part in PARTS]
    needed = [Path(params.path).resolve(), *(folder / one for one in named if one)]
    needed.append((folder / params.note.claims).parent / params.claims.source.fingerprints)
    needed += [(folder / one.notebook).resolve() for one in params.note.sections]
    if store := store_of(source, Path(params.path).resolve()):
        needed += [path.with_suffix(end) for path in records_in(store) for end in _OF_VINTAGE]
    kind, _, path = source.partition(":")
    if kind == "files":
        needed += _data(params, folder / path)
    return needed


def as_planned(plan: Plan) -> dict[Path, str]:
    """Every file that an edition is made from, the package's aside → its sha256 when planned."""
    note_file = Path(plan.params.path)
    base = note_file.parent.parent
    made_of = {base / name: sha for name, sha in plan.params.sources.items()}
    made_of |= found.files_of(plan.source, note_file, plan.market_files)
    return made_of | {job.notebook: plan.notebooks[job.section] for job in plan.jobs}


def _data(params: Params, catalogue: Path) -> list[Path]:
    from research.market.sources.load import load_catalogue

    entries = load_catalogue(catalogue, params.universe)[0].entries
    files = [catalogue.parent / file for entry in entries for _, file in entry.paths()]
    return [catalogue, *(file for file in files if file.is_file())]
