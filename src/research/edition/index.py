"""`reports/index.html`: every published edition on one plain page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from research.edition.publish import replace_file
from research.edition.shelf import editions, notes, readable


def write_index(reports: Path) -> Path:
    """Rewrite the list from the manifests that are there; the newest edition of a note first."""
    found = {
        note: list(readable(reports, note, reversed(editions(reports, note))))
        for note in notes(reports)
    }
    body = "\n".join(_note(note, records) for note, records in found.items() if records)
    page = reports / "index.html"
    replace_file(page, _PAGE.substitute(body=body).encode())
    return page


def headline(record: Mapping[str, Any]) -> str:
    """The verdict of an edition in its own words, with its probability where it has one."""
    outlook = record.get("outlook") or {}
    word = str(outlook.get("verdict") or outlook.get("word") or "")
    p = outlook.get("p")
    # To five per cent, as on the page: what lies beyond is noise (DOMAIN §A, A3).
    chance = f"p = {round(p * 20) * 5} %" if isinstance(p, int | float) else ""
    return ", ".join(part for part in (word, chance) if part)


def _note(note: str, records: list[dict[str, Any]]) -> str:
    rows = "\n".join(_rows(note, records))
    return (
        f"<h2>{escape(records[0]['title'])}</h2>\n<table>\n<thead><tr>"
        '<th scope="col">Edition</th><th scope="col">Data as of</th><th scope="col">Verdict</th>'
        '<th scope="col">Data</th><th scope="col">Files</th></tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>\n</table>"
    )


def _rows(note: str, records: list[dict[str, Any]]) -> Iterator[str]:
    for record in records:
        base = escape(f"{note}/{record['edition']}/")
        status = record["gates"]["status"] + (", illustrative" if record["illustrative"] else "")
        links = [
            f'<a href="{base}{escape(name)}">{label}</a>'
            for name, label in (
                (f"{note}.pdf", "PDF"),
                (f"{note}.html", "HTML"),
                ("edition.json", "data"),
            )
            if name == "edition.json" or name in record["outputs"]
        ]
        yield (
            f'<tr><th scope="row">{escape(record["edition"])}</th>'
            f"<td>{escape(record['as_of'])}</td><td>{escape(headline(record))}</td><td>{escape(status)}</td>"
            f"<td>{' · '.join(links)}</td></tr>"
        )


_PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Editions</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; }
main { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; vertical-align: top; }
tr { border-bottom: 1px solid #ccc; }
a { color: #0b4f8a; }
</style>
</head>
<body>
<main>
<h1>Editions</h1>
$body
</main>
</body>
</html>
""")
