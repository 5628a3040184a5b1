"""The palette can be read: contrast is computed, fonts come from packages."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from research.exhibits import theme
from research.exhibits.exhibit import ExhibitError


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str = "#FFFFFF") -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("name", "published"),
    [("blue", 5.19), ("vermillion", 3.87), ("green", 3.42), ("purple", 3.06), ("black", 21.0)],
)
def test_the_palette_has_the_contrast_the_domain_brief_states(name: str, published: float) -> None:
    assert contrast(theme.STROKES[name].colour) == pytest.approx(published, abs=0.006)


def test_the_domain_brief_still_states_those_values(shared: Path) -> None:
    text = (shared / "DOMAIN.md").read_text(encoding="utf-8")
    stated = dict(re.findall(r"(\w+) (?:#[0-9A-F]{6} )(\d\.\d\d)", text))
    for name in ("blue", "vermillion", "green", "purple"):
        colour = theme.STROKES[name].colour
        assert colour in text
        assert contrast(colour) == pytest.approx(float(stated[name]), abs=0.006)


@pytest.mark.parametrize("name", theme.STROKES)
def test_every_line_reaches_three_to_one_and_every_word_four_and_a_half(name: str) -> None:
    assert contrast(theme.STROKES[name].colour) >= 3.0
    assert contrast(theme.STROKES[name].text) >= 4.5


def test_words_and_outlines_are_readable_on_paper_and_on_bands() -> None:
    for ground in ("#FFFFFF", theme.BAND):
        assert contrast(theme.INK, ground) >= 4.5
        assert contrast(theme.SOFT, ground) >= 4.5


def test_no_two_strokes_differ_by_colour_alone() -> None:
    drawn = [(stroke.marker,) for stroke in theme.STROKES.values()]
    assert len(set(drawn)) == len(drawn)


def test_the_font_is_registered_from_its_package() -> None:
    from matplotlib.font_manager import FontProperties, fontManager

    with theme.style():
        for weight in (400, 600, 700):
            file = Path(fontManager.findfont(FontProperties(family=theme.FONT, weight=weight)))
            assert file.parent.parent.name == "font_source_sans_pro"


def test_drawing_leaves_the_notebooks_own_settings_alone() -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    with theme.style():
        assert matplotlib.rcParams["svg.fonttype"] == "none"
    assert dict(matplotlib.rcParams) == before


def test_no_type_is_smaller_than_seven_points() -> None:
    sizes = [
        value for key, value in theme.RC.items() if key.endswith("size") and "tick.m" not in key
    ]
    assert min(s for s in sizes if not isinstance(s, tuple)) >= 7
    assert math.isclose(min(theme.SMALL, theme.BODY), 7.5)


def test_an_unknown_colour_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ExhibitError, match=r"no colour 'red'.*vermillion, blue"):
        theme.stroke("red")


def test_nobodys_matplotlibrc_changes_a_drawing() -> None:
    import matplotlib

    with theme.style():
        plain = dict(matplotlib.rcParams)
    with matplotlib.rc_context({"lines.linewidth": 7, "axes.facecolor": "red"}), theme.style():
        assert dict(matplotlib.rcParams) == plain
