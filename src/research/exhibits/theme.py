"""Colours, strokes, sizes and fonts of every chart; fonts come from packages, not the system."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from research.exhibits.exhibit import ExhibitError

FONT = "Source Sans Pro"
FALLBACK = "DejaVu Sans"  # comes with matplotlib; has the signs that Source Sans lacks
INK, SOFT, GRID, BAND, PALE = "#1d1d1b", "#595959", "#dedbd4", "#ece9e2", "#d9d5cc"
SMALL, BODY = 7.5, 8.5  # points, as printed


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """How one series is drawn: never told apart by colour alone."""

    colour: str
    text: str
    dash: Any = "solid"
    width: float = 1.5
    marker: str = "o"


# Okabe and Ito's colours with at least 3:1 on white; words in them are darkened to 4.5:1.
STROKES: Mapping[str, Stroke] = MappingProxyType(
    {
        "vermillion": Stroke(colour="#D55E00", text="#B04E00", width=1.7, marker="o"),
        "blue": Stroke(colour="#0072B2", text="#0072B2", width=1.7, marker="s"),
        "black": Stroke(
            colour="#000000", text="#000000", width=1.1, marker="^", dash=(0, (3.2, 1.6))
        ),
        "olive": Stroke(colour="#7A6A00", text="#6B5D00", width=1.1, marker="D"),
        "green": Stroke(
            colour="#009E73", text="#00775A", width=1.5, marker="v", dash=(0, (6, 1.4, 1.2, 1.4))
        ),
        "purple": Stroke(
            colour="#CC79A7", text="#A3527E", width=1.5, marker="P", dash=(0, (1.4, 1.2))
        ),
        "grey": Stroke(colour="#595959", text="#595959", width=1.0, marker="X", dash=(0, (5, 2))),
    }
)

RC: Mapping[str, Any] = MappingProxyType(
    {
        "font.family": [FONT, FALLBACK],
        "font.size": BODY,
        "text.color": INK,
        "text.parse_math": False,  # a dollar sign is a dollar sign
        "axes.labelcolor": SOFT,
        "axes.edgecolor": INK,
        "axes.linewidth": 0.6,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.axisbelow": True,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "axes.unicode_minus": True,
        "axes.prop_cycle": "cycler('color', ['0072B2', 'D55E00', '000000', '7A6A00', '009E73'])",
        "grid.color": GRID,
        "grid.linewidth": 0.5,
        "xtick.color": SOFT,
        "ytick.color": SOFT,
        "xtick.labelsize": SMALL,
        "ytick.labelsize": SMALL,
        "xtick.major.size": 3.0,
        "xtick.major.width": 0.6,
        "ytick.major.size": 0.0,
        "xtick.major.pad": 2.5,
        "ytick.major.pad": 4.0,
        "figure.dpi": 72.0,  # so that a pixel of the SVG is a point on paper
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "figure.figsize": (6.7, 3.3),
        "lines.solid_capstyle": "round",
        "lines.scale_dashes": True,
        "path.simplify": True,
        "path.simplify_threshold": 0.25,
        "svg.fonttype": "none",
        "svg.hashsalt": "research",
    }
)


@contextmanager
def style() -> Iterator[None]:
    """Draw inside this and the theme holds, whatever the notebook has set."""
    import matplotlib

    _register_fonts()
    # From matplotlib's own defaults, so that nobody's matplotlibrc changes a byte.
    own = {key: value for key, value in matplotlib.rcParamsDefault.items() if key != "backend"}
    with matplotlib.rc_context({**own, **RC}):
        yield


def apply() -> None:
    """Make the theme the default of what an analyst plots by hand in this kernel."""
    import matplotlib

    _register_fonts()
    matplotlib.rcParams.update(dict(RC) | {"figure.dpi": 100.0, "figure.facecolor": "white"})


def stroke(name: str) -> Stroke:
    """The stroke called `name`, one of `STROKES`; ExhibitError when there is none."""
    if name not in STROKES:
        known = ", ".join(STROKES)
        raise ExhibitError(f"there is no colour {name!r} in the theme; choose one of {known}.")
    return STROKES[name]


def tint(colour: str, share: float) -> str:
    """`colour` (#rrggbb) thinned with white; `share` of it is left, 1 for the colour itself."""
    parts = (255 - (255 - part) * share for part in _parts(colour))
    return "#" + "".join(f"{round(part):02x}" for part in parts)


def contrast(one: str, other: str) -> float:
    """Ratio of the luminances of two colours, 1 to 21 (WCAG 2.1)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def ink_on(fill: str) -> str:
    """The ink that is read best on `fill`: that of the page, white, or black."""
    return max((INK, "#ffffff", "#000000"), key=lambda ink: min(contrast(ink, fill), 4.5))


def _parts(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))


def _luminance(colour: str) -> float:
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (whole / 255 for whole in _parts(colour))
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@cache
def _register_fonts() -> None:
    from pathlib import Path

    import font_source_sans_pro
    from matplotlib.font_manager import fontManager

    # It tells on stderr, that is to the reader, which weight the fallback lacks.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    folder = Path(font_source_sans_pro.__file__).parent / "files"
    for face in ("Regular", "Semibold", "Bold", "It"):
        fontManager.addfont(folder / f"SourceSansPro-{face}.ttf")
