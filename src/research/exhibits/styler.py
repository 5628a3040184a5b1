"""The words of a table as clean HTML, by way of the pandas Styler and a template of our own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.io.formats.style import Styler

from research.exhibits import theme

Restyle = Callable[[Any], Any]

# pandas' own template writes generated ids and a style sheet; ours writes classes only.
_STYLER: Any = Styler.from_custom_template(
    str(Path(__file__).parent / "templates"), html_table="table.html.tpl", html_style="empty.tpl"
)


def typeset(
    texts: pd.DataFrame,
    classes: pd.DataFrame,
    *,
    rows: Sequence[Any],
    columns: Mapping[Any, Any],
    row_header: str,
    dense: bool,
    links: pd.DataFrame,
    grounds: pd.DataFrame | None,
    style: Restyle | None,
) -> str:
    """`texts` as an HTML table, each cell with its class; the drawings of picture columns stay.

    `links` (one column for each whose words lead somewhere) are anchors and `grounds` (as `texts`)
    colours, "" for none; `style` may then work on the Styler.
    """
    texts = texts.copy()
    for key in links:
        texts[key] = [_linked(*both) for both in zip(texts[key], links[key], strict=True)]
    styler = _STYLER(texts, cell_ids=False, uuid="")
    words = [key for key, column in columns.items() if not column.picture and key not in links]
    styler = styler.format(None, escape="html", subset=words).set_td_classes(classes)
    if grounds is not None:
        looks = grounds.map(_look)
        styler = styler.apply(lambda _: looks, axis=None)
    styler = style(styler) if style else styler
    html = styler.to_html(
        rows=rows, columns=list(columns.values()), row_header=row_header, dense=dense
    )
    return "\n".join(line.strip() for line in html.splitlines() if line.strip())


def _linked(text: str, anchor: str) -> str:
    return f'<a href="#{anchor}">{escape(text)}</a>' if anchor and text else escape(text)


def _look(ground: str) -> str:
    return f"background-color:{ground};color:{theme.ink_on(ground)}" if ground else ""
