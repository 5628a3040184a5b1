"""Pages and drawings look as they did: a few images, compared by what an eye would notice.

An image is compared in squares of eight pixels: their mean shades may differ by `SHADE` of 255, in
at most `SQUARES` of all squares. Smoothing of edges, which differs between machines, stays far
below; a moved line, another colour or a lost word does not. After a change that was meant:
`make golden`, look at each image, and commit them with it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pypdfium2 as pdfium
import pytest
from PIL import Image

from research.exhibits import charts
from research.render.blocks import Exhibit as ExhibitBlock
from research.render.pictures import read_svg
from research.render.publication import Document, Meta, Section
from research.render.typst import write_pdf

HERE = Path(__file__).parent / "images"
SQUARE, SHADE, SQUARES = 8, 20.0, 0.003
PAGE_DPI, DRAWING_DPI = 64, 90
DAYS = pd.bdate_range("2025-01-28", "2026-01-28")
T = np.linspace(0, 1, len(DAYS))
HEAD = {"title": "Miners rose", "unit": "Index", "source": "sample", "as_of": "2026-01-28"}


def lines() -> Any:
    frame = {"gdx": 100 * np.exp(1.1 * T + 0.05 * np.sin(40 * T)), "gold": 100 * np.exp(0.4 * T)}
    names = {"gdx": "Gold miners", "gold": "Gold"}
    events = {"2025-10-20": "high"}
    shape = {"labels": names, "events": events}
    return charts.indexed_lines(pd.DataFrame(frame, index=DAYS), id="lines", **shape, **HEAD)


def bars() -> Any:
    moves = pd.Series({"Silver": 1.95, "Gold": 0.59, "Zinc": -0.4, "Nickel": float("nan")})
    keys = ("Precious", "Other")
    return charts.ordered_bars(moves, id="bars", highlight={"Silver", "Gold"}, keys=keys, **HEAD)


def forest() -> Any:
    rows = [("Gold miners", 0.61, 0.4, 0.82), ("Diversified", 1.08, 0.94, 1.22)]
    frame = pd.DataFrame(rows, columns=["label", "estimate", "lo", "hi"])
    zones = [(None, 0.8, "defensive"), (0.8, 1.0, "between"), (1.0, None, "cyclical")]
    return charts.forest(frame, id="forest", zones=zones, **HEAD)


def fan() -> Any:
    weeks, root = pd.date_range("2026-01-28", periods=27, freq="7D"), np.sqrt(np.arange(27))
    ranks = {0.05: -1.6, 0.25: -0.7, 0.5: 0.0, 0.75: 0.7, 0.95: 1.6}
    future = pd.DataFrame({p: 100 + 4 * z * root for p, z in ranks.items()}, index=weeks)
    past = pd.Series(100 * np.exp(0.1 * (T - 1)), index=DAYS)
    scenarios = [
        ("Down", None, 90.0, 0.2),
        ("Sideways", 90.0, 110.0, 0.6),
        ("Up", 110.0, None, 0.2),
    ]
    return charts.fan(future, id="fan", history=past, scenarios=scenarios, **HEAD)


def pictured(pdf: bytes, number: int, dpi: int) -> Image.Image:
    """One page of a PDF in shades of grey, or in colour where `dpi` is that of a drawing."""
    with pdfium.PdfDocument(pdf) as document:
        page = document[number]
        image = page.render(scale=dpi / 72).to_pil().convert("RGB")
        page.close()
    return image


def drawn(made: Any) -> Image.Image:
    """A drawing as it is printed, cut out of its page."""
    record = made.as_json()
    figure = read_svg(record["svg"])
    block = ExhibitBlock(id="x", number=1, title="T", figure=figure, alt=record["alt"])
    document = Document(meta=Meta(title="T"), sections=(Section(id="", title="", main=(block,)),))
    image = pictured(write_pdf(document), 0, DRAWING_DPI)
    return image.crop((0, 0, image.width, image.height // 2))


def squares(image: Image.Image) -> np.ndarray:
    """The mean shade of each square, by colour; what is left over at the edges is cut off."""
    shades = np.asarray(image.convert("RGB"), dtype=float)
    down, across = (size // SQUARE for size in shades.shape[:2])
    cut = shades[: down * SQUARE, : across * SQUARE]
    return cut.reshape(down, SQUARE, across, SQUARE, 3).mean(axis=(1, 3))


def differing(image: Image.Image, other: Image.Image) -> float:
    """The share of squares in which two images differ; all of them where their sizes do."""
    if image.size != other.size:
        return 1.0
    return float((abs(squares(image) - squares(other)).max(axis=2) > SHADE).mean())


@pytest.fixture
def compare(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str, Image.Image], None]:
    """Holds an image against the golden one of its name, or takes its place when renewing."""

    def check(name: str, image: Image.Image) -> None:
        golden = HERE / f"{name}.png"
        if request.config.getoption("--renew-golden", default=False):
            golden.parent.mkdir(exist_ok=True)
            image.quantize(128, dither=Image.Dither.NONE).save(golden, optimize=True)
        assert golden.is_file(), f"there is no {golden.name}; run `make golden` and look at it."
        with Image.open(golden) as known:
            share = differing(image, known)
        found = tmp_path / golden.name
        image.save(found)
        assert share <= SQUARES, (
            f"{golden.name}: {share:.2%} of the squares differ, at most {SQUARES:.2%} may. It now "
            f"looks like {found}. If that is meant, run `make golden` and commit the images."
        )

    return check


@pytest.mark.parametrize("draw", [lines, bars, forest, fan])
def test_a_drawing_looks_as_it_did(
    draw: Callable[[], Any], compare: Callable[[str, Image.Image], None]
) -> None:
    compare(draw.__name__, drawn(draw()))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("page-one", "Key calls"),
        ("page-of-charts", "A rally of gold alone"),
        ("page-of-cards", "sharp share price gains"),
        ("page-of-tables", "comps.csv"),
    ],
)
def test_a_page_of_the_sample_edition_looks_as_it_did(
    name: str, says: str, sample_edition: Path, compare: Callable[[str, Image.Image], None]
) -> None:
    pdf = (sample_edition / "mining-rally.pdf").read_bytes()
    compare(name, pictured(pdf, page_that_says(pdf, says), PAGE_DPI))


def page_that_says(pdf: bytes, words: str) -> int:
    """The first page with `words`, whatever their capitals; from nought."""
    with pdfium.PdfDocument(pdf) as document:
        for number, page in enumerate(document):
            text = page.get_textpage()
            said = text.get_text_range().lower()
            text.close()
            page.close()
            if words.lower() in said:
                return number
    raise AssertionError(f"no page says {words!r}; choose another word for it.")


def test_the_images_are_small() -> None:
    assert sum(path.stat().st_size for path in HERE.glob("*.png")) < 400_000


def test_a_moved_line_and_another_colour_are_seen_and_smoothing_is_not() -> None:
    image = drawn(lines())
    moved = image.transform(image.size, Image.Transform.AFFINE, (1, 0, 0, 0, 1, 3))
    assert differing(image, moved) > SQUARES
    red, green, blue = image.split()
    assert differing(image, Image.merge("RGB", (blue, green, red))) > SQUARES
    smooth = np.clip(
        np.asarray(image, dtype=float) + np.tile([[-6.0], [6.0]], (1, 3))[None, :1], 0, 255
    )
    assert differing(image, Image.fromarray(smooth.astype("uint8"))) == 0.0
