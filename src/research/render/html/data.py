"""The rows behind a drawing: a table in a disclosure, and the whole as a file inside the page."""

from __future__ import annotations

import csv
import io
from html import escape
from urllib.parse import quote

ROWS, COLUMNS = 40, 12  # what a disclosure shows of a long table; the file has all of it
PLAIN = ",;:/?@!$'()*+-._~="  # signs that stand for themselves in an address


def disclosure(name: str, text: str, *, label: str = "") -> str:
    """A closed disclosure with a link to the CSV `text`; nothing without any.

    With a `label`, which names it, the table is shown as well. A long one is thinned evenly, its
    last row kept, and says so.
    """
    if not text:
        return ""
    head, *body = (row for row in csv.reader(io.StringIO(text)) if row)
    code = escape(_quoted(text))  # a fifth shorter than base64, and it can be read
    step = -(-len(body) // ROWS)
    said = f"{len(body)} row{'' if len(body) == 1 else 's'}"
    shown = ""
    if label and body:
        said += _left_out(step, len(head))
        shown = _table(head, body, step, label)
    return (
        f'<details class="data"><summary>Data: {escape(name)}</summary><p>'
        f'<a download="{escape(name)}" href="data:text/csv;charset=utf-8,{code}">'
        f"Download {escape(name)}</a>, {said}</p>{shown}</details>"
    )


def _quoted(text: str) -> str:
    """What `quote` makes of it, asked once for each sign and not for each time it occurs."""
    signs = sorted(set(text), key=lambda sign: sign != "%")  # it stands for the others
    for sign in signs:
        if (code := quote(sign, safe=PLAIN)) != sign:
            text = text.replace(sign, code)
    return text


def _left_out(step: int, columns: int) -> str:
    nth = {2: "second", 3: "third"}.get(step, f"{step}th")
    told = [f"every {nth} is shown"] if step > 1 else []
    told += [f"the first {COLUMNS} of {columns} columns"] if columns > COLUMNS else []
    return "; " + ", ".join(told) if told else ""


def _table(head: list[str], body: list[list[str]], step: int, label: str) -> str:
    looks = [
        ' class="r"' if all(_is_figure(row[at]) for row in body if at < len(row)) else ""
        for at in range(min(len(head), COLUMNS))
    ]
    names = "".join(
        f'<th scope="col"{look}>{escape(name)}</th>' if name.strip() else "<td></td>"
        for name, look in zip(head, looks, strict=False)
    )
    lines = "".join(_line(row, looks) for row in body[::-1][::step][::-1])
    return (
        f'<div class="table" role="region" tabindex="0" aria-label="{escape(label)}">'
        f'<table class="dense"><thead><tr>{names}</tr></thead><tbody>{lines}</tbody></table></div>'
    )


def _line(row: list[str], looks: list[str]) -> str:
    first, *rest = row
    cells = "".join(
        f"<td{look}>{escape(value)}</td>" for value, look in zip(rest, looks[1:], strict=False)
    )
    return f'<tr><th scope="row">{escape(first)}</th>{cells}</tr>'


def _is_figure(text: str) -> bool:
    try:
        float(text or 0)
    except ValueError:
        return False
    return True
