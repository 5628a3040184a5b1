"""Charts are tested by what they draw: lines, labels, words and bytes."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest

from research.exhibits import charts, theme
from research.exhibits.exhibit import Exhibit
from research.exhibits.formats import FormatError

DAYS = pd.bdate_range("2024-01-26", "2026-01-28")
LONG = "Companhia de Mineração e Metalurgia do Extremo Norte, ações preferenciais classe B"


def heading(width: str = "full", **more: Any) -> dict[str, Any]:
    return {
        "id": "ex-test",
        "title": "Miners rose",
        "unit": "Index, 26 Jan 2024 = 100",
        "source": "sample",
        "as_of": "2026-01-28",
        "width": width,
        **more,
    }


def levels() -> pd.DataFrame:
    t = np.linspace(0, 1, len(DAYS))
    wave = 0.05 * np.sin(40 * t)
    return pd.DataFrame(
        {
            "gdx": 100 * np.exp(1.4 * t + wave),
            "gold": 100 * np.exp(0.41 * t),
            "pick": 100 * np.exp(0.40 * t - wave),
            "acwi": 100 * np.exp(0.385 * t),
        },
        index=DAYS,
    )


NAMES = {
    "gdx": "Gold miners (GDX)",
    "gold": "Gold, LBMA PM",
    "pick": "Diversified (PICK, ex gold & silver)",
    "acwi": "World equities (ACWI)",
}


def lines(width: str = "full", **more: Any) -> Exhibit:
    events = {"2025-04-08": "Tariff low", "2026-01-28": "Article published"}
    given = {"labels": NAMES, "events": events, **more}
    return charts.indexed_lines(levels(), **given, **heading(width))


def bars(width: str = "full") -> Exhibit:
    moves = pd.Series({"silver": 1.95, "gold": 0.59, "zinc": -0.4, "iron ore": -0.00001})
    moves["nickel"] = float("nan")
    moves[LONG] = 0.3
    return charts.ordered_bars(
        moves,
        highlight={"gold", "silver"},
        keys=("Precious metals", "Other metals"),
        details={"iron ore": "CNY/t, DCE"},
        **heading(width),
    )


def band(width: str = "full") -> Exhibit:
    share = pd.Series(np.linspace(0.2, 0.7, len(DAYS)), index=DAYS)
    return charts.line_with_band(
        share,
        band=(0.3, 0.75),
        label="Miners above their average",
        band_label="10th to 90th percentile",
        fmt="pct0",
        bounds=(0, 1),
        **heading(width),
    )


def forest(width: str = "full") -> Exhibit:
    frame = pd.DataFrame(
        [
            (LONG, "10 y", 1.08, 0.94, 1.22, True),
            (LONG, "3 y", 0.98, 0.60, 1.40, False),
            ("Gold miners", "10 y", 0.61, -0.40, 0.82, True),
            ("Silver miners", "10 y", float("nan"), float("nan"), float("nan"), True),
        ],
        columns=["label", "detail", "estimate", "lo", "hi", "filled"],
    )
    zones = [(None, 0.8, "defensive"), (0.8, 1.0, "mixed"), (1.0, None, "cyclical")]
    return charts.forest(frame, zones=zones, keys=("ten years", "three years"), **heading(width))


def strips(width: str = "full") -> Exhibit:
    frame = pd.DataFrame(
        [
            ("Gold miners: EV/EBITDA", 0.93, 0.90, "7.1×", "n = 520"),
            (LONG, 0.04, float("nan"), "4.2×", ""),
            ("Silver: P/NAV", float("nan"), float("nan"), "NA", ""),
        ],
        columns=["label", "now", "last", "value", "detail"],
    )
    return charts.percentile_strips(frame, **heading(width))


def fan(width: str = "full") -> Exhibit:
    weeks = pd.date_range("2026-01-28", periods=27, freq="7D")
    root = np.sqrt(np.arange(27))
    quantiles = pd.DataFrame(
        {p: 100 + k * root for p, k in ((0.05, -5), (0.25, -2), (0.5, 0), (0.75, 2), (0.95, 5))},
        index=weeks,
    )
    scenarios = [
        ("Extends", 110.0, None, 0.343),
        ("Consolidates", 90.0, 110.0, 0.524),
        ("Reverses", None, 90.0, 0.133),
    ]
    history = levels()["acwi"] / levels()["acwi"].iloc[-1] * 100
    return charts.fan(quantiles, history=history, scenarios=scenarios, **heading(width))


def steps(width: str = "full") -> Exhibit:
    moves = pd.Series({"valuation": -0.041, "breadth": 0.033, "ratings": -0.0, LONG: float("nan")})
    return charts.waterfall(
        moves,
        start=0.58,
        start_label="Base rate",
        end_label="Probability",
        reach=(0.44, 0.61),
        reach_label="range leaving one family out",
        **heading(width),
    )


def grouped(width: str = "full") -> Exhibit:
    """Strips of which neighbours share a name, beside a key that is wider than the plot."""
    frame = pd.DataFrame(
        [
            ("Diversified", 0.87, 0.85, "6.9×", "EV/EBITDA, next 12 months"),
            ("Diversified", 0.99, 0.99, "+70\u202f%", "Shares against metal, to median"),
            ("Silver", 0.28, 0.30, "−22\u202f%", "P/NAV"),
            ("Royalty & streaming", 1.0, 0.5, "20.1×", "P/NAV"),
            ("Royalty & streaming", 0.0, 0.5, "1.1×", LONG),
        ],
        columns=["label", "now", "last", "value", "detail"],
    )
    return charts.percentile_strips(frame, keys=("now", "a month ago"), **heading(width))


ALL = [lines, bars, band, forest, strips, grouped, fan, steps]
each_chart = pytest.mark.parametrize("draw", ALL, ids=lambda draw: draw.__name__)
each_width = pytest.mark.parametrize("width", ["full", "main", "column"])


def boxes(exhibit: Exhibit) -> list[tuple[str, Any]]:
    from matplotlib.backends.backend_svg import RendererSVG
    from matplotlib.text import Text

    with theme.style():  # measured as SVG is: without hinting
        across, down = exhibit.figure.get_size_inches() * 72
        renderer = RendererSVG(across, down, io.StringIO())
        exhibit.figure.draw(renderer)
        words = [t for t in exhibit.figure.findobj(Text) if t.get_text() and t.get_visible()]
        return [(t.get_text(), t.get_window_extent(renderer)) for t in words]


@each_chart
@each_width
def test_no_label_is_cut_off(draw: Any, width: str) -> None:
    exhibit = draw(width)
    across, down = exhibit.figure.get_size_inches() * 72
    for text, box in boxes(exhibit):
        assert box.x0 >= -0.5, text
        assert box.y0 >= -0.5, text
        assert box.x1 <= across + 0.5, text
        assert box.y1 <= down + 0.5, text


@each_chart
@each_width
def test_no_label_stands_on_another(draw: Any, width: str) -> None:
    for (one, a), (other, b) in combinations(boxes(draw(width)), 2):
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        down = min(a.y1, b.y1) - max(a.y0, b.y0)
        # a line box has room above and below its letters
        assert across <= 1.0 or down <= 3.0, (one, other)


@each_chart
@each_width
def test_the_drawing_is_small_plain_and_its_own(draw: Any, width: str) -> None:
    svg = draw(width).svg or ""
    assert len(svg.encode()) <= 40_000
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    for part in ("<?xml", "<!DOCTYPE", "<metadata", "<style", "xlink", "Date", "matplotlib"):
        assert part not in svg
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(set(ids)) == len(ids)
    assert all(name.startswith("ex-test-") for name in ids)
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', svg))
    assert used == set(ids)


@each_chart
def test_words_stay_words_in_the_papers_font_at_a_readable_size(draw: Any) -> None:
    root = ET.fromstring(draw().svg or "")
    assert root.get("font-family", "").startswith("'Source Sans Pro'")
    texts = [element for element in root.iter() if element.tag.endswith("}text")]
    assert len(texts) >= 4
    sizes = [
        float(re.search(r"font-size: ([\d.]+)px|([\d.]+)px", e.get("style"))[0].split()[-1][:-2])
        for e in texts
    ]
    assert min(sizes) >= 7


@each_chart
def test_the_alternative_text_is_in_the_drawing_and_not_too_long(draw: Any) -> None:
    exhibit = draw()
    assert 30 <= len(exhibit.alt) <= 250
    title = ET.fromstring(exhibit.svg or "")[0]
    assert title.tag.endswith("}title")
    assert title.text == exhibit.alt
    assert "nan" not in exhibit.alt.lower()


@each_chart
def test_nothing_prints_nan_none_or_inf(draw: Any) -> None:
    words = " ".join(text for text, _ in boxes(draw())).lower().split()
    assert not {"nan", "none", "inf", "−0", "−0\u202f%"} & set(words)


@each_chart
def test_the_csv_reads_back(draw: Any) -> None:
    frame = pd.read_csv(io.StringIO(draw().csv))
    assert len(frame) >= 3


def test_two_processes_with_other_hash_seeds_draw_the_same_bytes() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import importlib.util as u;"
        "s = u.spec_from_file_location('c', sys.argv[1]); m = u.module_from_spec(s);"
        "s.loader.exec_module(m); import hashlib;"
        "t = ''.join(d(w).svg for d in m.ALL for w in ('full', 'column'));"
        "print(hashlib.sha256(t.encode()).hexdigest())"
    )
    import os

    seen = {
        subprocess.run(
            [sys.executable, "-c", code, __file__],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1


def test_lines_hold_the_data_and_gaps_stay_gaps() -> None:
    frame = levels()
    frame.loc["2025-02-03":"2025-02-14", "pick"] = np.nan
    exhibit = charts.indexed_lines(frame, labels=NAMES, **heading())
    drawn = [line for line in exhibit.figure.axes[0].lines if len(line.get_ydata()) == len(frame)]
    assert len(drawn) == 4
    for line, key in zip(drawn, frame, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), frame[key])


def test_a_log_axis_has_plain_numbers_and_treats_what_is_not_positive_as_a_gap() -> None:
    frame = levels()
    frame.loc["2025-02-03", "gold"] = -5.0
    axes = charts.indexed_lines(frame, labels=NAMES, **heading()).figure.axes[0]
    assert axes.get_yscale() == "log"
    assert [t.get_text() for t in axes.get_yticklabels()] == ["100", "150", "200", "300", "400"]
    assert np.isnan(axes.lines[2].get_ydata()).sum() == 1


def test_each_series_ends_in_its_name_and_last_value() -> None:
    words = {text.replace("\n", " ") for text, _ in boxes(lines())}
    for key, name in NAMES.items():
        assert f"{name} {levels()[key].iloc[-1]:.0f}" in words


def test_colours_and_dashes_go_by_series() -> None:
    exhibit = lines(colours={"gdx": "vermillion", "pick": "blue", "acwi": "black"})
    drawn = [line for line in exhibit.figure.axes[0].lines if len(line.get_xdata()) > 2]
    by_colour = {line.get_color(): line for line in drawn}
    assert by_colour["#000000"].is_dashed()
    assert not by_colour["#D55E00"].is_dashed()


def test_events_that_do_not_fit_are_numbered_and_explained_in_the_note() -> None:
    events = {f"2025-{month:02d}-03": f"A long name of event {month}" for month in range(1, 9)}
    exhibit = lines("column", events=events)
    assert exhibit.note.startswith("Events: 1: 3\u00a0Jan\u00a02025, A long name of event 1; 2:")
    assert {str(n) for n in range(1, 9)} <= {text for text, _ in boxes(exhibit)}


def test_events_outside_the_plot_are_left_out() -> None:
    words = [text for text, _ in boxes(lines(events={"2019-01-01": "Long ago"}))]
    assert "Long ago" not in words


def test_bars_begin_at_zero_and_stand_in_order() -> None:
    patches = list(bars().figure.axes[0].patches)
    assert {patch.get_x() for patch in patches} == {0.0}
    widths = [patch.get_width() for patch in patches]
    assert widths[:-1] == sorted(widths[:-1], reverse=True)
    assert widths[-1] == 0  # the missing one comes last and says so
    assert "n/a" in [text for text, _ in boxes(bars())]


def test_a_forest_draws_hollow_and_filled_dots_at_the_estimates() -> None:
    dots = [line for line in forest().figure.axes[0].lines if line.get_marker() == "o"]
    assert [line.get_xdata()[0] for line in dots[:3]] == [1.08, 0.98, 0.61]
    assert dots[1].get_markerfacecolor() == "#FFFFFF"
    assert dots[0].get_markerfacecolor() == theme.STROKES["blue"].colour


def test_a_forest_prints_estimates_with_their_intervals() -> None:
    words = [text for text, _ in boxes(forest())]
    assert "1.08 (0.94–1.22)" in words
    assert "0.61 (−0.40 to 0.82)" in words


def test_a_strip_marks_what_is_outside_the_band_by_shape_and_colour() -> None:
    drawn = [
        (line.get_xdata()[0], line.get_marker())
        for line in strips().figure.axes[0].lines
        if line.get_marker() in ("o", "D")
    ]
    assert drawn[:2] == [(0.93, "D"), (0.04, "D")]


@each_width
def test_neighbours_of_one_name_share_it_above_their_details(width: str) -> None:
    at = {text: (box.x0, box.y0) for text, box in boxes(grouped(width))}
    said = [text for text, _ in boxes(grouped(width))]
    assert said.count("Diversified") == said.count("Royalty & streaming") == 1
    assert at["Diversified"][1] > at["EV/EBITDA, next 12 months"][1] > at["+70\u202f%"][1]
    assert "now" in said
    assert "a month ago" in said  # the key is whole, if need be from left of the plot on


def test_a_detail_stands_beside_its_name_where_all_have_room_and_else_below() -> None:
    def bottoms(*names: str) -> dict[str, float]:
        moves = pd.Series(dict.fromkeys(names, 0.5))
        units = dict.fromkeys(names, "USD/oz")
        made = charts.ordered_bars(moves, details=units, **heading("column"))
        return {text: box.y0 for text, box in boxes(made)}

    side = bottoms("Gold", "Silver")
    assert abs(side["Gold"] - side["USD/oz"]) > 3  # of two rows, the last one's unit is kept
    assert abs(side["Silver"] - side["USD/oz"]) < 2
    below = bottoms("A rather long name", "Silver")
    assert below["Silver"] - below["USD/oz"] > 5


def test_a_waterfall_ends_where_its_steps_lead() -> None:
    exhibit = steps()
    dots = [
        line.get_xdata()[0] for line in exhibit.figure.axes[0].lines if line.get_marker() == "o"
    ]
    assert dots == pytest.approx([0.58, 0.58 - 0.041 + 0.033])
    frame = pd.read_csv(io.StringIO(exhibit.csv), index_col="step")
    assert frame["change"].sum() == pytest.approx(frame["level"].iloc[-1] - 0.58)


def test_an_interval_shows_bounds_and_says_them() -> None:
    picture = charts.interval(1.08, 0.94, 1.22, id="m1", bounds=(1.0, 0.8))
    assert picture is not None
    assert picture.alt == (
        "Estimate 1.08 (0.94–1.22); below 0.80 contradicts, above 1.00 supports the claim."
    )
    assert len(picture.svg) < 4000
    assert charts.interval(float("nan"), None, None, id="m1", bounds=(0, 1)) is None
    assert charts.interval(0.5, None, None, id="m1", bounds=(0, 1)) is not None


def test_printed_values_are_facts_with_ids_of_the_exhibit() -> None:
    facts = {fact.id: fact for fact in bars().facts}
    assert facts["ex-test.silver"].value == 1.95
    assert facts["ex-test.silver"].text == "+195\u202f%"
    assert "ex-test.nickel" not in facts


EMPTY = pd.DataFrame({"gdx": [float("nan")] * 3}, index=DAYS[:3])


@pytest.mark.parametrize(
    "made",
    [
        lambda: charts.indexed_lines(EMPTY, labels=NAMES, **heading()),
        lambda: charts.indexed_lines(EMPTY.iloc[:0], **heading()),
        lambda: charts.line_with_band(EMPTY["gdx"], band=(0, 1), label="x", **heading()),
        lambda: charts.ordered_bars(pd.Series({"a": np.inf}), **heading()),
        lambda: charts.ordered_bars(pd.Series(dtype=float), **heading()),
        lambda: charts.forest(pd.DataFrame(columns=["label", "estimate", "lo", "hi"]), **heading()),
        lambda: charts.percentile_strips(pd.DataFrame(columns=["label", "now"]), **heading()),
        lambda: charts.fan(pd.DataFrame(columns=[0.05, 0.5, 0.95]), **heading()),
        lambda: charts.waterfall(
            pd.Series({"a": 1.0}), start=np.nan, start_label="s", end_label="e", **heading()
        ),
    ],
)
def test_without_data_a_chart_becomes_a_card_that_says_so(made: Any) -> None:
    exhibit = made()
    assert exhibit.kind == "missing"
    assert exhibit.svg is None
    assert "the data hold no value" in exhibit.reason


@pytest.mark.parametrize(
    "made",
    [
        lambda: charts.indexed_lines(levels().iloc[:1], labels=NAMES, **heading()),
        lambda: charts.indexed_lines(levels() * -1, log=False, labels=NAMES, **heading()),
        lambda: charts.ordered_bars(pd.Series({LONG: 0.0}), **heading("column")),
        lambda: charts.ordered_bars(pd.Series({"a": -0.1, "b": -0.2}), **heading()),
        lambda: charts.indexed_lines(levels().rename(columns=lambda c: c + LONG), **heading()),
        lambda: charts.waterfall(
            pd.Series({"a": 0.0}), start=0.5, start_label="s", end_label="e", **heading()
        ),
    ],
)
def test_odd_data_are_drawn_within_the_sheet(made: Any) -> None:
    exhibit = made()
    assert exhibit.kind == "figure"
    across, down = exhibit.figure.get_size_inches() * 72
    for text, box in boxes(exhibit):
        assert box.x0 >= -0.5, text
        assert box.x1 <= across + 0.5, text
        assert box.y0 >= -0.5, text
        assert box.y1 <= down + 0.5, text


def test_hostile_labels_stay_text() -> None:
    frame = levels()[["gdx"]]
    svg = charts.indexed_lines(frame, labels={"gdx": "<script>$x$ & \"'"}, **heading()).svg or ""
    root = ET.fromstring(svg)
    assert not [element for element in root.iter() if element.tag.endswith("script")]
    assert any(
        "<script>$x$ & \"'" in (e.text or "") for e in root.iter() if e.tag.endswith("}text")
    )


def test_two_drawings_in_one_page_share_no_id() -> None:
    ids = [
        set(
            re.findall(
                r'id="([^"]+)"', charts.indexed_lines(levels(), **{**heading(), "id": name}).svg
            )
        )
        for name in ("one", "two")
    ]
    assert ids[0]
    assert not ids[0] & ids[1]


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(FormatError, match="no format 'num9'"):
        charts.indexed_lines(levels(), fmt="num9", **heading())
