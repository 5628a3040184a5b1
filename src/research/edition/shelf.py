"""The editions that are published: which there are, which came before, where one lies."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from research.edition.manifest import NAME, load
from research.edition.plan import PARTIAL
from research.errors import UsageError


def editions(reports: Path, note: str) -> list[str]:
    """Ids of the published editions of `note`, oldest first."""
    home = reports / note
    if not home.is_dir():
        return []
    return sorted(
        folder.name
        for folder in home.iterdir()
        if folder.name[0] not in "._" and (folder / NAME).is_file()
    )


def notes(reports: Path) -> list[str]:
    """Names of the notes that have an edition, in order."""
    if not reports.is_dir():
        return []
    return sorted(
        one.name
        for one in reports.iterdir()
        if one.is_dir() and one.name[0] not in "._" and editions(reports, one.name)
    )


def previous(reports: Path, note: str, edition: str) -> dict[str, Any] | None:
    """The manifest of the last edition of `note` before `edition` that can be read, or None."""
    earlier = [one for one in editions(reports, note) if one < edition]
    return next(readable(reports, note, reversed(earlier)), None)


def readable(reports: Path, note: str, wanted: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Manifests of the editions `wanted`, in order; one that cannot be read decides nothing."""
    for edition in wanted:
        with suppress(UsageError):
            yield load(reports / note / edition)


def reports_of(names: Iterable[str], given: Path | None = None) -> Path:
    """The folder of editions meant by a call that names editions.

    `given` if there is one; else what the first of `names` that is an edition's own path lies in;
    else `reports/` in the working folder or the nearest folder above it.
    """
    if given is not None:
        return given
    for name in names:
        if (Path(name) / NAME).is_file():
            home = Path(name).resolve().parent
            return home.parents[1] if home.name == PARTIAL else home.parent
    here = Path.cwd()
    around = (folder / "reports" for folder in (here, *here.parents))
    return next((one for one in around if one.is_dir()), Path("reports"))


def newest(reports: Path) -> Path:
    """The folder of the newest published edition; raises UsageError when there is none, or two."""
    last = {note: editions(reports, note)[-1] for note in notes(reports)}
    if not last:
        raise UsageError(f"{reports} holds no edition yet. Build one with `research build`.")
    return find(reports, max(last.values()))


def note_file(reports: Path, note: str) -> Path | None:
    """The parameter file of `note` in the `params/` beside `reports`, if it is there."""
    file = reports.resolve().parent / "params" / f"{note}.yaml"
    return file if file.is_file() else None


def find(reports: Path, name: str) -> Path:
    """The folder of an edition named by its path or, as in `2026-W05`, by its id alone.

    Raises UsageError when there is none, or when several notes have one of that id.
    """
    if (Path(name) / NAME).is_file():
        return Path(name)
    known = {
        f"{note}/{one}": reports / note / one
        for note in notes(reports)
        for one in editions(reports, note)
    }
    found = [folder for folder in known.values() if name in (folder.name, str(folder))]
    found = found or [folder for key, folder in known.items() if key == name]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"edition {name!r} exists in {len(found)} notes: "
            f"{', '.join(str(one) for one in found)}. Name its folder."
        )
    close = difflib.get_close_matches(name, [one.name for one in known.values()], n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    there = f"It has {', '.join(known)}." if known else "It has none."
    raise UsageError(f"edition {name!r} is not in {reports}. {there}{hint}")
