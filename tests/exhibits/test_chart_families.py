"""Heat tables, stacked bars, lollipops, event lines, steps and reliability: what they draw."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest

from research.exhibits import charts, theme
from research.exhibits.exhibit import Exhibit, ExhibitError
from research.exhibits.formats import fmt
from research.exhibits.tables import Column

NAN = float("nan")
LONG = "Companhia de Mineração e Metalurgia do Extremo Norte, ações preferenciais classe B"


def heading(width: str = "full", **more: Any) -> dict[str, Any]:
    return {
        "id": "ex-test",
        "title": "Miners fell",
        "unit": "Share of ratings",
        "source": "sample",
        "as_of": "2026-01-28",
        "width": width,
        **more,
    }


CRISES = pd.DataFrame(
    {
        "gfc": [-0.62, -0.55, NAN, -0.50],
        "euro": [-0.31, -0.12, -0.28, -0.19],
        "covid": [-0.41, -0.33, -0.52, -0.34],
        "tariffs": [0.0, 0.08, 0.21, -0.16],
    },
    index=["diversified", "gold", "silver", "market"],
)


def heat(**more: Any) -> Exhibit:
    columns = {
        key: Column(header=head, unit=unit, fmt="spct0")
        for key, head, unit in (
            ("gfc", "Financial crisis", "Sep 2008–Mar 2009"),
            ("euro", "Euro crisis", "Jul–Oct 2011"),
            ("covid", "Pandemic", "Feb–Mar 2020"),
            ("tariffs", "Tariffs", "Apr 2025"),
        )
    }
    given = {"columns": columns, "labels": {"gold": "Gold miners"}, "row_header": "Group"}
    return charts.heat_table(CRISES, **{**given, **heading(), **more})


def months(count: int) -> pd.DatetimeIndex:
    return pd.date_range(end="2026-01-31", periods=count, freq="ME")


def ratings(count: int = 8) -> pd.DataFrame:
    t = np.linspace(0, 1, count)
    frame = pd.DataFrame({"Buy": 0.62 - 0.07 * t, "Hold": 0.27 + 0.03 * t}, index=months(count))
    frame["Sell"] = 1 - frame["Buy"] - frame["Hold"]
    return frame


def stacked(width: str = "full", count: int = 8) -> Exhibit:
    frame = ratings(count)
    frame.iloc[2] = NAN
    n = pd.Series(np.arange(20, 20 + count), index=frame.index)
    return charts.stacked_bars(frame, n=n, n_label="analysts", **heading(width))


def prices(**more: Any) -> pd.DataFrame:
    rows = [
        ("Newmont", 3210.0, 2870.0, 1540.0, "senior"),
        (LONG, 5600.0, NAN, 1320.0, ""),
        ("Kinross", NAN, NAN, 1490.0, "senior"),
        ("Barrick", 2950.0, 2610.0, NAN, "senior"),
    ]
    columns = ["label", "value", "other", "marker", "detail"]
    return pd.DataFrame(rows, columns=columns).assign(**more)


def lollipops(width: str = "full") -> Exhibit:
    keys = ("implied at 5 %", "at 8 %", "all-in sustaining cost")
    return charts.lollipop(
        prices(), reference=5306.95, reference_label="spot", keys=keys, **heading(width)
    )


def paths() -> tuple[pd.DataFrame, pd.Series]:
    weeks = np.arange(-13, 27)
    events = {
        f"event {k}": 100 * np.exp((0.004 * (k - 5)) * weeks + 0.02 * np.sin(weeks * (k + 1)))
        for k in range(11)
    }
    frame = pd.DataFrame(events, index=weeks)
    frame = frame / frame.loc[0] * 100
    frame.loc[3:6, "event 4"] = NAN
    frame.loc[20:, "event 9"] = NAN
    now = pd.Series(100 + 1.4 * np.arange(-13, 5), index=np.arange(-13, 5))
    return frame, now


def spaghetti(width: str = "full") -> Exhibit:
    return charts.event_lines(*paths(), current_label="PICK now", **heading(width))


def crash(width: str = "full") -> Exhibit:
    frame = pd.DataFrame(
        {
            "estimate": [0.20, 0.53, 0.80],
            "lo": [0.13, 0.40, NAN],
            "hi": [0.28, 0.65, NAN],
            "n": [97, 40, 15],
        },
        index=[0.5, 1.0, 1.5],
    )
    today = {"PICK (ex gold & silver)": 0.46, "Gold miners (GDX)": 1.12}
    return charts.steps(frame, today=today, **heading(width))


def bins() -> pd.DataFrame:
    rows = [(0.22, 0.0, 3), (0.45, 0.5, 12), (0.52, 0.55, 9), (0.56, 0.55, 4), (0.74, 1.0, 1)]
    return pd.DataFrame(rows, columns=["forecast", "observed", "n"])


def reliable(width: str = "full", **more: Any) -> Exhibit:
    return charts.reliability(
        bins(), **{"words": "Brier 0.19 against 0.22, n_eff 8", **heading(width), **more}
    )


ALL = [stacked, lollipops, spaghetti, crash, reliable]
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


def texts(exhibit: Exhibit) -> list[str]:
    return [text for text, _ in boxes(exhibit)]


def facts(exhibit: Exhibit) -> dict[str, Any]:
    return {fact.expression: fact.value for fact in exhibit.facts}


@each_chart
@each_width
def test_no_label_of_these_is_cut_off(draw: Any, width: str) -> None:
    exhibit = draw(width)
    across, down = exhibit.figure.get_size_inches() * 72
    for text, box in boxes(exhibit):
        assert -0.5 <= box.x0 <= box.x1 <= across + 0.5, text
        assert -0.5 <= box.y0 <= box.y1 <= down + 0.5, text


@each_chart
@each_width
def test_no_label_of_these_stands_on_another(draw: Any, width: str) -> None:
    for (one, a), (other, b) in combinations(boxes(draw(width)), 2):
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        down = min(a.y1, b.y1) - max(a.y0, b.y0)
        # a line box has room above and below its letters
        assert across <= 1.0 or down <= 3.0, (one, other)


@each_chart
def test_the_drawings_are_small_with_words_that_stay_words(draw: Any) -> None:
    exhibit = draw()
    root = ET.fromstring(exhibit.svg or "")
    assert len((exhibit.svg or "").encode()) <= 40_000
    assert len([element for element in root.iter() if element.tag.endswith("}text")]) >= 4
    assert 30 <= len(exhibit.alt) <= 250
    assert root[0].text == exhibit.alt
    assert not {"nan", "none", "inf"} & set(" ".join(texts(exhibit)).lower().split())
    assert len(pd.read_csv(io.StringIO(exhibit.csv))) >= 3


@each_chart
@each_width
def test_drawn_twice_the_bytes_are_the_same(draw: Any, width: str) -> None:
    assert draw(width).svg == draw(width).svg
    assert draw(width).csv == draw(width).csv


@each_chart
def test_every_fact_of_these_is_printed(draw: Any) -> None:
    said = " ".join(texts(draw()))
    assert draw().facts
    for fact in draw().facts:
        assert fact.text in said, fact


def test_cells_are_blue_above_the_centre_and_orange_below_it() -> None:
    exhibit = heat()
    cells = re.findall(r'<td class="(\w+)"([^>]*)>([^<]*)<', exhibit.html or "")
    grounds = {text: style for _, style, text in cells}
    strongest = theme.tint(theme.STROKES["vermillion"].colour, 0.62)
    assert strongest in grounds[fmt(-0.62, "spct0")]
    red, _, blue = (
        int(grounds[fmt(0.21, "spct0")].split("#")[1][at : at + 2], 16) for at in (0, 2, 4)
    )
    assert blue > red
    assert "background" not in grounds["n/a"]
    assert "background" not in grounds[fmt(0.0, "spct0")]
    assert "−62" in exhibit.alt
    assert "1 without a value" in exhibit.alt


def test_the_words_of_every_cell_can_be_read_on_its_ground() -> None:
    looks = re.findall(r"background-color: ?(#\w+); ?color: ?(#\w+)", heat().html or "")
    assert len(looks) >= 10
    assert all(theme.contrast(ground, ink) >= 4.5 for ground, ink in looks)


def test_plain_columns_of_a_heat_table_have_no_ground() -> None:
    shaded = (heat().html or "").count("background-color")
    assert (heat(plain=("gfc",)).html or "").count("background-color") == shaded - 3


def test_what_the_colours_of_a_heat_table_mean_follows_its_note() -> None:
    note = str(heat(note="Windows were fixed.", footnotes=["Median of nine."]).note)
    assert note.startswith("Windows were fixed. Median of nine. Blue is above zero")
    assert "\n" not in note


def test_a_month_without_ratings_is_a_gap_that_says_so() -> None:
    exhibit = stacked()
    assert "n/a" in texts(exhibit)
    assert len(exhibit.figure.axes[0].patches) == 7 * 3
    told = facts(exhibit)
    assert told["Jan\u00a02026 Buy"] == pytest.approx(0.55)
    assert told["Jan\u00a02026 n"] == 27


def test_bars_part_at_zero() -> None:
    tops = [bar.get_height() for bar in stacked().figure.axes[0].patches]
    assert sum(height > 0 for height in tops) == 7
    assert sum(height < 0 for height in tops) == 14


def test_many_months_print_their_shares_beside_the_last_bar_alone() -> None:
    told = [name for name in facts(stacked(count=60)) if name.endswith("Buy")]
    assert told == ["Jan\u00a02026 Buy"]


def test_two_rows_of_one_month_are_refused() -> None:
    frame = pd.concat([ratings(), ratings().iloc[-1:]])
    with pytest.raises(ExhibitError, match="Jan\u00a02026 has more than one row"):
        charts.stacked_bars(frame, **heading())


def test_the_highest_value_stands_on_top_and_stems_start_at_the_reference() -> None:
    exhibit = lollipops()
    stems = [line for line in exhibit.figure.axes[0].lines if line.get_zorder() == 1.5]
    assert len(stems) == 3
    assert all(5306.95 in line.get_xdata() for line in stems)
    said = texts(exhibit)
    assert said.index("5,600") < said.index("3,210") < said.index("2,950")
    assert "2 below it" in exhibit.alt


def test_without_a_reference_dots_have_no_stems() -> None:
    exhibit = charts.lollipop(prices(), reference=None, reference_label="spot", **heading())
    assert not [line for line in exhibit.figure.axes[0].lines if line.get_zorder() == 1.5]
    assert "spot n/a" in exhibit.alt


def test_the_median_of_events_is_drawn_where_half_of_them_have_a_value() -> None:
    frame, now = paths()
    exhibit = spaghetti()
    assert facts(exhibit)["Median"] == pytest.approx(frame.iloc[-1].median())
    assert facts(exhibit)["events"] == 11
    assert facts(exhibit)["PICK now"] == pytest.approx(now.iloc[-1])
    thin = frame.copy()
    thin.iloc[-1, :6] = NAN
    shorter = charts.event_lines(thin, now, **heading())
    assert facts(shorter)["Median"] == pytest.approx(frame.iloc[-2].median())


def test_a_rate_without_an_interval_is_a_dot_alone() -> None:
    told = facts(crash())
    assert told["150\u202f% estimate"] == 0.80
    assert "150\u202f% lo" not in told
    assert told["50\u202f% lo"] == 0.13


def test_a_name_whose_place_today_is_missing_is_told_in_the_note() -> None:
    frame = pd.DataFrame({"estimate": [0.2, 0.5]}, index=[0.5, 1.0])
    exhibit = charts.steps(frame, today={"PICK": NAN, "GDX": 0.7}, **heading(note="Own note."))
    assert exhibit.note == "Own note.\nPICK: today’s place is not known."
    assert exhibit.title == "Miners fell"


def test_too_few_forecasts_are_grey() -> None:
    inks = [
        {line.get_color() for line in exhibit.figure.axes[0].lines[1:]}
        for exhibit in (reliable(), reliable(enough=False))
    ]
    assert inks[0] == {theme.STROKES["blue"].colour}
    assert inks[1] == {"#8C8C8C"}
    assert "too few to judge" in reliable(enough=False).alt


EMPTY = [
    lambda: charts.heat_table(CRISES * NAN, **heading()),
    lambda: charts.stacked_bars(ratings() * NAN, **heading()),
    lambda: charts.lollipop(
        prices(value=NAN, other=NAN), reference=1.0, reference_label="spot", **heading()
    ),
    lambda: charts.event_lines(paths()[0] * NAN, **heading()),
    lambda: charts.steps(pd.DataFrame({"estimate": [NAN]}, index=[1.0]), **heading()),
    lambda: charts.reliability(bins().assign(n=0), **heading()),
]


@pytest.mark.parametrize("draw", EMPTY)
def test_without_data_a_notice_says_what_is_missing(draw: Any) -> None:
    exhibit = draw()
    assert exhibit.kind == "missing"
    assert exhibit.reason
