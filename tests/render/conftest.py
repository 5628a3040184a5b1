"""A made-up edition and ordinary notebooks, with outputs as the kernel would leave them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import matplotlib as mpl
import nbformat
import pytest
from matplotlib.figure import Figure
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from research.exhibits.mime import BLOCK, EXHIBIT, PROSE
from research.render.publication import Document

METALS = ["gold", "silver", "platinum", "palladium", "copper", "aluminium", "zinc", "nickel"]


def svg(width_in: float = 6.7, height_in: float = 3.2, *, lines: int = 4) -> str:
    """A drawing as matplotlib writes it with text kept as text."""
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "t", "font.size": 8.5}):
        figure = Figure(figsize=(width_in, height_in))
        axes = figure.add_axes((0.07, 0.1, 0.75, 0.85))
        for k in range(lines):
            ys = [100 * (1 + 0.004 * (k + 1)) ** t + 6 * ((t * (k + 3)) % 7) for t in range(104)]
            axes.plot(ys, lw=1.4)
            axes.text(104, ys[-1], f"Line {k + 1} {ys[-1]:.0f}", va="center")
        axes.set_ylim(0, 600)
        axes.spines[["top", "right"]].set_visible(False)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    text = out.getvalue()
    return text.replace("DejaVu Sans", "Source Sans Pro").replace("'sans-serif'", "sans-serif")


def shown(data: dict[str, Any]) -> NotebookNode:
    """A displayed output."""
    return new_output("display_data", data=nbformat.from_dict(data), metadata={})


def code(section: str, *outputs: dict[str, Any], tags: tuple[str, ...] = ()) -> NotebookNode:
    """An executed code cell of a section."""
    cell = new_code_cell("secret_function(parameter)", execution_count=1)
    cell.outputs = [shown(data) for data in outputs]
    cell.metadata = nbformat.from_dict({"research": {"section": section}, "tags": list(tags)})
    return cell


def prose(section: str, text: str, *, tags: tuple[str, ...] = ()) -> NotebookNode:
    """A prose cell: Markdown with its facts."""
    return code(section, {"text/markdown": text, PROSE: {"facts": []}}, tags=tags)


def words(section: str, text: str) -> NotebookNode:
    """A Markdown cell of a section."""
    cell = new_markdown_cell(text)
    cell.metadata = nbformat.from_dict({"research": {"section": section}})
    return cell


def exhibit(id: str, title: str, **more: Any) -> dict[str, Any]:
    """The bundle of one exhibit; a figure unless `html` or `reason` is given."""
    kind = "table" if "html" in more else "missing" if "reason" in more else "figure"
    record = {
        "id": id,
        "kind": kind,
        "title": title,
        "unit": "Total return in US$, 26 Jan 2024 = 100, log scale",
        "source": "exchange closes, LBMA",
        "note": "PICK excludes gold and silver miners by index rule.",
        "alt": f"Line chart of four series where {title.lower()}",
        "as_of": "2026-01-28",
        "illustrative": True,
        "width": "full",
        "landscape": False,
        "csv": "date,pick,gdx\n2026-01-27,58.9,111.0\n2026-01-28,59.1,112.2\n",
        "facts": [],
        **more,
    }
    if kind == "figure":
        record.setdefault("svg", svg())
    return {EXHIBIT: record, "text/html": "<figure>not this</figure>", "text/plain": "not this"}


def block(kind: str, items: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """The bundle of one block."""
    return {BLOCK: {"kind": kind, "id": kind, "items": items, "facts": [], **more}}


def comps_html() -> str:
    """A comps table with groups, statistics, marks and a units row."""
    columns = ["EV", "EV/EBITDA CY+1", "at spot", "P/E", "P/NAV", "FCF yield", "ND/EBITDA", "AISC"]
    units = ["US$ bn", "×", "×", "×", "×", "%", "×", "US$/oz"]
    head = "".join(f'<th scope="col" class="num">{c}</th>' for c in columns)
    unit = "".join(f'<th scope="col" class="num">{u}</th>' for u in units)
    rows = []
    for g, group in enumerate(["Diversified", "Gold, senior", "Gold, intermediate", "Silver"]):
        rows.append(f'<tr class="group"><th scope="rowgroup" colspan="9">{group}</th></tr>')
        for k in range(6):
            cells = "".join(f'<td class="num">{(g + 2) * 1.7 + k + c:.1f}</td>' for c in range(6))
            debt = '<td class="num">(0.4)</td>' if k == 2 else '<td class="num">0.8</td>'
            mark = '<td class="mark">NM</td>' if k == 1 else '<td class="num">1,540</td>'
            rows.append(f'<tr><th scope="row">Company {g}{k} plc</th>{cells}{debt}{mark}</tr>')
        cells = '<td class="num">7.7</td>' * 8
        rows.append(f'<tr class="stat"><th scope="row">Median</th>{cells}</tr>')
    return (
        f'<table><thead><tr><th scope="col">Company</th>{head}</tr>'
        f'<tr class="units"><th></th>{unit}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )


def key_numbers_html() -> str:
    """The strip of prices beside the first page's text."""
    rows = "".join(
        f'<tr><th scope="row">{name.capitalize()}<span class="sub">US$/oz, LBMA</span></th>'
        f'<td class="num">{5306.95 / (k + 1):,.2f}</td><td class="num">+{9.9 - k:.1f}</td>'
        f'<td class="num">+{59 + 17 * k}</td></tr>'
        for k, name in enumerate(METALS)
    )
    return (
        '<table><thead><tr><th scope="col">Metal</th><th scope="col" class="num">Level</th>'
        '<th scope="col" class="num">1 w</th><th scope="col" class="num">6 m</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def arguments_html() -> str:
    """The scorecard."""
    rows = [
        ("McPherson", "“a defensive play”", "β⁻ 1.08 (0.94–1.22)", "▼ Contradicted A"),
        ("Mills", "cyclical; broad-based", "9 of 10 metals", "▲ Supported A"),
        ("Citi", "Buy ratings declining", "−4.1 pp (−6.0, −2.3)", "▲ Supported B"),
        ("Klement", "“incredibly expensive”", "93rd, 71st, 40th pct", "● Mixed B"),
        ("McPherson", "UK miners “underowned”", "no data", "○ Not tested"),
    ]
    body = "".join(
        f'<tr><th scope="row">{a}</th><td class="text">{b}</td><td class="num">{c}</td>'
        f'<td class="text">{d}</td></tr>'
        for a, b, c, d in rows
    )
    head = "".join(f'<th scope="col">{c}</th>' for c in ["Who", "Says", "Estimate", "Verdict"])
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


LOREM = (
    "Miners have run further than the metal they dig. Over two years the gold miners returned "
    "303 % and the metal 162 %, so that the ratio of the two stands at its 93rd percentile. "
    "That is *expensive* by its own history, and **not** by the cash it brings[^cash]. "
)


@pytest.fixture(scope="session")
def edition() -> NotebookNode:
    """An assembled edition of four sections, as `research.edition` hands it over."""
    band = [
        {"label": "Verdict", "value": "No edge", "detail": "13 weeks, PICK > 0", "strong": True},
        {"label": "Probability", "value": "50 %", "detail": "range 44–56 %", "strong": True},
        {"label": "Base rate", "value": "58 %", "detail": "23 of 40 past windows"},
        {"label": "Last edition", "value": "55 %", "detail": "−5 pp: valuation −4, ratings −1"},
        {"label": "Crash risk, 24 m", "value": "53 %", "detail": "after +100 % runs (n = 40)"},
    ]
    calls = [
        {"lead": "Cyclical, not defensive.", "text": "PICK’s downside beta is 1.08 (0.94–1.22)."},
        {"lead": "Broad.", "text": "Nine of ten metals are higher than six months ago."},
        {"lead": "Stretched.", "text": "Equities discount gold at $3,210, 37 % below spot."},
    ]
    changed = [
        {"label": "Gold", "value": "+9.9 % in a week", "detail": "the largest since 2008"},
        {"label": "", "value": "Method: none. Data revised: none", "detail": ""},
    ]
    nb = new_notebook()
    nb.cells = [
        words("verdict", "# Verdict"),
        prose(
            "verdict",
            "Miners have run further than the metal; the arguments for and against now nearly "
            "cancel out.",
            tags=("lead",),
        ),
        code("verdict", block("band", band), tags=("lead",)),
        code("verdict", block("calls", calls, title="Key calls")),
        code(
            "verdict",
            exhibit(
                "front-indexed",
                "Gold miners quadrupled in two years; diversified miners barely beat the world",
                svg=svg(4.3, 2.7),
                width="column",
            ),
        ),
        words("verdict", "## The arguments, tested"),
        code("verdict", {"text/html": arguments_html(), "text/plain": "table"}),
        words_aside("## Key numbers"),
        code("verdict", {"text/html": key_numbers_html(), "text/plain": "t"}, tags=("aside",)),
        code(
            "verdict",
            block("strip", changed, title="What changed since 2026-W04"),
            tags=("aside",),
        ),
        words("rally", "# The rally\n\nHow far it has come is told by [](#rally-moves)."),
        prose("rally", LOREM + "\n\n[^cash]: Free cash flow yield of 7.1 %, see *Valuation*."),
        code("rally", exhibit("rally-moves", "Nine of ten metals are up over six months")),
        prose("rally", LOREM.replace("[^cash]", "")),
        words("rally", "## Breadth\n\nTwo views of the same thing."),
        code(
            "rally",
            exhibit("breadth-a", "Most miners trade above", svg=svg(3.25, 2.4), width="column"),
            exhibit("breadth-b", "Fewer independent bets", svg=svg(3.25, 2.4), width="column"),
        ),
        words("rally", "- one\n- two with `code` and $\\beta^-$\n\n$$\\frac{a}{b} = \\sqrt{x}$$"),
        words("valuation", "# Valuation"),
        prose("valuation", LOREM.replace("[^cash]", "")),
        code("valuation", exhibit("comps", "No group is cheap on both decks", html=comps_html())),
        code(
            "valuation",
            exhibit("nav", "Price to net asset value", reason="No net asset values were given."),
        ),
        words("arguments", "# Arguments"),
        code(
            "arguments",
            block(
                "card",
                [
                    {"label": "What was said", "text": "“a defensive play in markets”"},
                    {"label": "Test", "text": "Downside beta of PICK, ten years, weekly."},
                    {"label": "Best evidence for", "text": "Gold miners’ beta is 0.61."},
                    {"label": "Would change it", "text": "A downside beta below 0.80 over 10 y."},
                ],
                id="claim-m1",
                eyebrow="McPherson, Wren Sterling",
                title="Mining stocks are a defensive play",
                verdict="CONTRADICTED",
                verdict_text="▼ Contradicted",
                grade="A",
                svg=svg(2.2, 0.9, lines=1),
                alt="Interval from 0.94 to 1.22 around 1.08, above the bound of 0.80",
            ),
        ),
        code(
            "arguments",
            block(
                "checklist",
                [{"label": "Facts told from opinion", "status": "met", "where": "Arguments"}],
                title="Checklist",
            ),
        ),
    ]
    for at, cell in enumerate(nb.cells):
        cell["id"] = f"c{at:03}"
    nb.metadata["research"] = nbformat.from_dict(
        {
            "note": "mining-rally",
            "edition": "2026-W05",
            "title": "Can the mining rally last?",
            "question": "",
            "series": "Metals & mining · sector note",
            "as_of": "2026-01-28",
            "as_of_note": "2026-01-31 is not a NYSE session; data are as of 2026-01-30",
            "completed_at": "2026-01-28T21:40:00Z",
            "source": "sample",
            "illustrative": True,
            "gate": {"status": "DEGRADED", "messages": ["prices: VALE is 9 sessions old."]},
            "producer": {"name": "A. Analyst", "role": "Strategist", "firm": "The desk"},
            "disclosures": ["This note is no recommendation.", "Past returns say little."],
            "paper": "a4",
            "language": "en",
            "sections": [
                {"id": "verdict", "title": "Verdict"},
                {"id": "rally", "title": "The rally"},
                {"id": "valuation", "title": "Valuation"},
                {"id": "arguments", "title": "The arguments, tested"},
            ],
        }
    )
    return nb


def words_aside(text: str) -> NotebookNode:
    """A Markdown cell of the front page's side column."""
    cell = words("verdict", text)
    cell.metadata["tags"] = ["aside"]
    return cell


@pytest.fixture
def notebook() -> Callable[..., NotebookNode]:
    """Makes an ordinary notebook from Markdown sources and lists of output bundles."""

    def make(*parts: str | list[dict[str, Any]], title: str = "") -> NotebookNode:
        nb = new_notebook()
        for at, part in enumerate(parts):
            if isinstance(part, str):
                cell = new_markdown_cell(part)
            else:
                cell = new_code_cell("x = 1  # shown", execution_count=1)
                cell.outputs = [shown(data) for data in part]
            cell["id"] = f"c{at:03}"
            nb.cells.append(cell)
        if title:
            nb.metadata["title"] = title
        return nb

    return make


@pytest.fixture(scope="session")
def assembled() -> Callable[..., NotebookNode]:
    """Makes an edition: by section its parts, each Markdown, a bundle, or what the package shows.

    Further keywords go into the edition's metadata.
    """

    def make(sections: dict[str, list[Any]], **about: Any) -> NotebookNode:
        nb = new_notebook()
        for section, parts in sections.items():
            nb.cells += [_placed(section, part) for part in parts]
        for at, cell in enumerate(nb.cells):
            cell["id"] = f"c{at:03}"
        said = {"note": "t", "edition": "2026-W05", "title": "A title", "as_of": "2026-01-28"}
        said |= {"completed_at": "2026-01-28T21:40:00Z", "source": "sample", "illustrative": True}
        said |= {"sections": [{"id": one, "title": one.capitalize()} for one in sections], **about}
        nb.metadata["research"] = nbformat.from_dict(said)
        return nb

    return make


def _placed(section: str, part: Any) -> NotebookNode:
    if isinstance(part, str):
        return words(section, part)
    if not isinstance(part, dict):
        part = json.loads(json.dumps(part._repr_mimebundle_()))
    return code(section, part)


@pytest.fixture(scope="session")
def every() -> Callable[[Document, type], list[Any]]:
    """Finds every node of one kind in a document, in reading order."""
    return lambda document, kind: [n for n in _walk(document.sections) if isinstance(n, kind)]


def _walk(node: Any) -> Iterator[Any]:
    if is_dataclass(node):
        yield node
        for item in fields(node):
            yield from _walk(getattr(node, item.name))
    elif isinstance(node, tuple):
        for item in node:
            yield from _walk(item)
