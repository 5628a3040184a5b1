"""How cost grows with the sections of a note and with the rows of its data: the exponent."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.benchmarks.figures import Goal, Row, Sample, growth, median_wall
from tests.benchmarks.measure import interleave
from tests.benchmarks.workshop import ROOT, Workshop

SECTIONS = (1, 2, 4, 8, 16, 32, 48)
ROWS = {1: (1, 318), 3: (1, 954), 10: (2, 1590), 30: (5, 1908), 100: (11, 2891)}
GOAL = Goal(kind="at most", limit=1, unit="")
LAST = dt.date(2026, 1, 30)
CELLS = (
    "%load_ext research\nimport datetime as dt\n\nimport pandas as pd\n",
    "from research.exhibits import Column, say, table",
    'rows = pd.DataFrame({"n": [number, number + 1]}, index=["a", "b"])\n'
    'about = {"id": f"table-{number}", "title": say("From {a:num0} on", a=number)}\n'
    'about |= {"unit": "count", "source": "sample", "as_of": dt.date.fromisoformat(as_of)}\n'
    'table(rows, columns={"n": Column(header="Number", fmt="num0")}, **about)',
    "%%prose\nThis part counts from {number:num0}.",
)
PARAMETERS = (
    'note: str = "mining-rally"  # which note\nas_of: str = "latest"  # last date\n'
    'source: str = ""  # of the data\nnumber: int = 0  # where it counts from'
)


def growth_rows(shop: Workshop) -> Iterator[Row]:
    """Sections, then rows; the fixed cost of a start would hide growth among the small sizes."""
    repetitions = max(1, shop.repetitions - 1)
    files = {n: small_note(shop.fresh("sections"), n) for n in SECTIONS}
    samples = interleave(
        [lambda file=file: shop.build(shop.fresh("reports"), str(file)) for file in files.values()],
        repetitions,
    )
    measured = dict(zip(SECTIONS, samples, strict=True))
    yield _row(f"sections, {SECTIONS[0]} to {SECTIONS[-1]}", measured)
    catalogues = {
        scale: catalogue(shop.fresh("desk"), instruments, days)
        for scale, (instruments, days) in ROWS.items()
    }
    samples = interleave(
        [lambda one=one: _read(shop, one) for one in catalogues.values()],
        repetitions,
    )
    yield _row("rows of prices, × 1 to × 100", dict(zip(ROWS, samples, strict=True)))


def _read(shop: Workshop, catalogue: Path) -> Sample:
    _, told = shop.peer("read_catalogue", shop.env["RESEARCH_PARAMS"], catalogue)
    return Sample(**json.loads(told))


def _row(work: str, samples: dict[int, list[Sample]]) -> Row:
    sizes = list(samples)
    costs = [median_wall(found) for found in samples.values()]
    told = ", ".join(f"{n}: {cost:.2f} s" for n, cost in zip(sizes, costs, strict=True))
    return Row(
        group="growth", work=work, value=growth(sizes[-3:], costs[-3:]), unit="", goal=GOAL,
        remark=f"exponent of the three largest; of all {growth(sizes, costs):.2f}; {told}",
    )  # fmt: skip


def small_note(folder: Path, sections: int) -> Path:
    """A note of so many small sections, with the project's own parameters; gives its file."""
    import nbformat

    (folder / "notebooks").mkdir(parents=True)
    shutil.copytree(ROOT / "params", folder / "params")
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    )
    first = nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    notebook.cells = [first, *map(nbformat.v4.new_code_cell, CELLS)]
    nbformat.write(notebook, folder / "notebooks" / "small.ipynb")
    file = folder / "params" / "mining-rally.yaml"
    note = yaml.safe_load(file.read_text(encoding="utf-8"))
    note["sections"] = [
        {
            "id": f"part-{n}", "title": f"Part {n}", "notebook": "../notebooks/small.ipynb",
            "parameters": {"number": n},
        }
        for n in range(sections)
    ]  # fmt: skip
    file.write_text(yaml.safe_dump(note, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return file


def catalogue(folder: Path, instruments: int, days: int) -> Path:
    """A desk's catalogue of one long file of daily closes in dollars; gives its path."""
    universe = yaml.safe_load((ROOT / "params" / "universe.yaml").read_text(encoding="utf-8"))
    ids = [
        one["id"] for one in universe["instruments"]
        if one.get("listings") and all(_serves(line) for line in one["listings"])
    ][:instruments]  # fmt: skip
    if len(ids) < instruments:
        raise ValueError(f"the universe has {len(ids)} instruments in USD; {instruments} needed.")
    folder.mkdir(parents=True)
    dates = [day for n in range(days * 7 // 5 + 7) if (day := LAST - dt.timedelta(n)).weekday() < 5]
    lines = ["date,symbol,close"]
    for place, name in enumerate(ids):
        lines += [
            f"{day},{name},{100 + place + n % 97 / 100:.2f}"
            for n, day in enumerate(sorted(dates[:days]))
        ]
    (folder / "prices.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    entry = {
        "source": "A made-up vendor", "licence": "none", "file": "prices.csv",
        "columns": {"date": "date", "close": "close", "instrument": "symbol"},
        "instruments": {name: name for name in ids},
        "constants": {"unit": "USD"},
        "available": "date + 0 days at 16:00 America/New_York",
    }  # fmt: skip
    file = folder / "catalogue.yaml"
    file.write_text(
        yaml.safe_dump({"title": "Made-up prices", "entries": [entry]}), encoding="utf-8"
    )
    return file


def _serves(listing: dict[str, Any]) -> bool:
    """Whether its prices are in dollars over all days that are generated."""
    return listing["unit"] == "USD" and str(listing.get("valid_from") or "") < "2014"
