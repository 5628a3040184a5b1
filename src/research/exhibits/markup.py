"""HTML of exhibits and blocks as Jupyter shows them: complete, escaped, styled by class."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from research.exhibits.formats import lookup
from research.exhibits.picture import image

# Jupyter has a light and a dark theme; the exhibit brings its own paper and ink for both.
STYLE = """
.research-exhibit{background:#fff;color:#1d1d1b;font:14px/1.45 "Source Sans Pro","Source Sans 3",
"Segoe UI",sans-serif;margin:0 0 1em;padding:12px 14px;max-width:760px}
.research-exhibit *{color:inherit;background:none}
.research-exhibit .title{font-size:16px;font-weight:600;margin:0}
.research-exhibit .unit,.research-exhibit .source,.research-exhibit .eyebrow,
.research-exhibit .detail,.research-exhibit .sub{color:#595959;font-size:12px;margin:2px 0}
.research-exhibit .eyebrow{font-weight:600;letter-spacing:.04em;text-transform:uppercase}
.research-exhibit img{display:block;max-width:100%;height:auto}
.research-exhibit table{border-collapse:collapse;border-top:1.5px solid #1d1d1b;
border-bottom:1.5px solid #1d1d1b;font-size:12.5px;font-variant-numeric:tabular-nums lining-nums}
.research-exhibit th,.research-exhibit td{padding:3px 7px;border:0;text-align:left;
vertical-align:baseline}
.research-exhibit thead{border-bottom:1px solid #1d1d1b}
.research-exhibit thead th,.research-exhibit .sub{color:#595959;font-weight:600}
.research-exhibit .sub{display:block;font-weight:400;font-size:11px}
.research-exhibit tbody th{font-weight:400}
.research-exhibit tr.group th{font-weight:600;padding-top:9px}
.research-exhibit tr.stat>*{color:#595959;font-style:italic}
.research-exhibit .num,.research-exhibit .mark{text-align:right;white-space:nowrap}
.research-exhibit .mark{color:#595959}
.research-exhibit .band{display:flex;flex-wrap:wrap;gap:10px 22px;background:#f6f4ef;padding:10px}
.research-exhibit .band>div{flex:1 1 110px}
.research-exhibit .value{font-size:20px}.research-exhibit .strong{font-weight:700}
.research-exhibit ul{margin:4px 0;padding-left:18px}
.research-exhibit table.dense{font-size:12px}.research-exhibit .dense td,
.research-exhibit .dense th{padding:1px 6px}.research-exhibit td img{display:inline-block}
.research-exhibit .reason{border-left:3px solid #595959;padding-left:10px}
""".strip().replace("\n", "")


def exhibit(record: Mapping[str, Any]) -> str:
    """One exhibit record as a complete `<figure>`; words are escaped, the rest is ours."""
    body = _picture(record) or record.get("html") or ""
    if record["kind"] == "missing":
        told = f"Not available as of {day(record['as_of'])}: {record['reason']}"
        body = f'<p class="reason">{escape(told)}</p>'
    notes = "".join(f"<br>{escape(line)}" for line in record["note"].splitlines() if line)
    stamp = "Illustrative data, not market data. " if record["illustrative"] else ""
    source = f"{stamp}Source: {record['source']}. As of {day(record['as_of'])}."
    return (
        f'<figure class="research-exhibit {record["kind"]}"><style>{STYLE}</style>'
        f'<figcaption><p class="title">{escape(record["title"])}</p>'
        f'<p class="unit">{escape(record["unit"])}</p></figcaption>{body}'
        f'<p class="source">{escape(source)}{notes}</p></figure>'
    )


def block(record: Mapping[str, Any]) -> str:
    """One block record as HTML."""
    grade = f" {record['grade']}" if record.get("grade") else ""
    verdict = f"{record['verdict_text']}{grade}" if record.get("verdict_text") else ""
    who = " · ".join(filter(None, (record.get("tag"), record.get("eyebrow"))))
    words = [(who, "eyebrow"), (record.get("title"), "title")]
    words += [(record.get("origin"), "source"), (verdict, "strong")]
    head = "".join(f'<p class="{css}">{escape(text)}</p>' for text, css in words if text)
    rows = record["items"]
    if record["kind"] == "band":
        body = f'<div class="band">{"".join(_band_item(row) for row in rows)}</div>'
    else:
        body = f"<ul>{''.join(f'<li>{_line(row)}</li>' for row in rows)}</ul>"
    picture, foot = _picture(record), ""
    if record.get("estimate"):
        picture += f'<p class="estimate">{escape(record["estimate"])}</p>'
    if record.get("note"):
        foot = f'<p class="source">{escape(record["note"])}</p>'
    inside = f"<style>{STYLE}</style>{head}{picture}{body}{foot}"
    return f'<div class="research-exhibit block">{inside}</div>'


def _picture(record: Mapping[str, Any]) -> str:
    return image(record["svg"], record.get("alt", "")) if record.get("svg") else ""


def day(iso: str) -> str:
    """`2026-01-28` as a reader's date."""
    return lookup("date")(iso)


def _band_item(row: Mapping[str, Any]) -> str:
    strong = " strong" if row["strong"] else ""
    return (
        f'<div><div class="eyebrow">{escape(row["label"])}</div>'
        f'<div class="value{strong}">{escape(row["value"])}</div>'
        f'<div class="detail">{escape(row["detail"])}</div></div>'
    )


def _line(row: Mapping[str, Any]) -> str:
    first, *rest = (value for key, value in row.items() if key != "link")
    lead = f"<strong>{escape(first)}</strong> " if first else ""
    return lead + " ".join(escape(str(value)) for value in rest if value and value is not True)
