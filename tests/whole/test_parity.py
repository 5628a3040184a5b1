"""From the pages back to the ledger: every number a reader sees is a fact, or of a listed class."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from research.params import load

NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
VOID = {"br", "img", "meta", "link", "input", "hr", "wbr", "col"}
# Not read: heads, formulas and alt texts; the rows behind an exhibit, which are its CSV.
UNREAD = {"style", "head", "details", "title", "math", "nav"}

MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
# What is no measurement: taken out of the words before their numbers are looked up.
CLASSES = {
    "articles of law": r"(RTS|FINRA|Arts?) ?\d[\d/–()a-z]*",
    "dates": (
        rf"\d{{4}}-\d\d-\d\d|(\d{{1,2}} )?({MONTHS})[a-z]* \d{{4}}|(\d+–)?\d{{1,2}} ({MONTHS})\b"
    ),
    "times of day": r"\b\d\d:\d\d\b",
    "years, which alone have four digits and no comma": r"(?<![\d.,])(19|20)\d\d(?![\d.,]\d|\d)",
    "editions": r"\d{4}-W\d\d",
    "exhibits": r"Exhibits? \d+",
    "names that end in a digit": r"(?<=[A-Za-zβ])\d+|SHA-256",
    "names with a window, a tenor or a purity": (
        r"US \d+-(year|month)|10 y (weekly|monthly)|24 m\b|62 % Fe|next 12 months|52-week (?=high)"
    ),
    "units of a factor": r"^1 (%|pp|point)$",
    "versions and seeds": r"Method \d+, package research [\d.]+\d|\b20\d{6}\b",
}


@dataclass
class Words:
    """A run of text as a reader sees it: where it stands, and in a drawing its place."""

    section: str
    owner: str
    kind: str
    text: str = ""
    style: dict[str, str | None] = field(default_factory=dict)

    @property
    def is_drawn(self) -> bool:
        return "x" in self.style


class Reader(HTMLParser):
    """All words of the page, block by block; an owner is the exhibit or card they stand in."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words = [Words("", "", "")]
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            self.words[-1].text += " "
            return
        self._open.append((tag, dict(attrs)))
        if tag not in ("strong", "em", "a", "span", "time", "sup", "tspan", "abbr", "code"):
            self._begin()

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass
        if tag in ("span", "strong") or tag not in ("em", "a", "time", "sup", "tspan", "abbr"):
            self._begin()

    def handle_data(self, data: str) -> None:
        if not UNREAD & {tag for tag, _ in self._open}:
            self.words[-1].text += data

    def _begin(self) -> None:
        section = owner = ""
        for tag, attrs in self._open:
            section = str(attrs["id"]) if tag == "section" and "id" in attrs else section
            owner = str(attrs["id"]) if tag in ("figure", "article") and "id" in attrs else owner
        tag, attrs = self._open[-1] if self._open else ("", {})
        kind = str(attrs.get("class") or tag)
        self.words.append(Words(section, owner, kind, style=attrs if tag == "text" else {}))


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u00ad", "")).strip()


def numbers(text: str) -> list[str]:
    return NUMBER.findall(plain(text))


@pytest.fixture(scope="module")
def words(html: str) -> list[Words]:
    return [one for one in Reader(html).words if one.text.strip()]


@pytest.fixture(scope="module")
def fixed(root: Path) -> list[str]:
    """Words of the parameters that stand on the page as they are: quotes, falsifiers, names."""
    params = load(root / "params" / "mining-rally.yaml")
    found = [*params.note.names, *params.note.disclosures]
    for claim in params.claims.claims:
        found += [*claim.quotes, claim.falsifier, claim.short]
    return sorted({plain(one) for one in found}, key=len, reverse=True)


@pytest.fixture(scope="module")
def ledger(record: dict[str, Any]) -> dict[str, set[str]]:
    """Numbers in the texts of facts: by exhibit or card, by section and, under "", of all."""
    found: dict[str, set[str]] = defaultdict(set)
    for fact in record["facts"]:
        told = numbers(fact["text"])
        own = fact["id"].removeprefix(f"{fact['section']}.")
        for owner in {own.partition(".")[0] if "." in own else "", fact["section"], ""}:
            found[owner].update(told)
    return found


def measured(text: str, fixed: list[str]) -> list[str]:
    """The numbers in `text` that measure something."""
    text = plain(text)
    for one in fixed:
        text = text.replace(one, " ")
    for pattern in CLASSES.values():
        text = re.sub(pattern, " ", text)
    return numbers(text)


def ticks(words: list[Words]) -> set[int]:
    """Which words of one drawing label an axis: on one line, and as far apart as they say."""
    found: set[int] = set()
    for along, across, anchor in (("x", "y", "middle"), ("y", "x", "end")):
        rows: dict[str, list[Words]] = defaultdict(list)
        for one in words:
            if anchor in str(one.style.get("style")) and len(numbers(one.text)) == 1:
                rows[str(one.style[across])].append(one)
        for row in rows.values():
            at = [float(str(one.style[along])) for one in row]
            said = [float(numbers(one.text)[0].replace(",", "")) for one in row]
            said = [-v if "−" in one.text else v for v, one in zip(said, row, strict=True)]
            readings = (said, _logs(said), _mirrored(said))
            if len(row) > 1 and any(_in_step(at, reading) for reading in readings):
                found |= {id(one) for one in row}
    return found


def _mirrored(values: list[float]) -> list[float]:
    """Shares that are counted from a line in the middle to both sides."""
    middle = values.index(0.0) if 0.0 in values else 0
    return [-v if n < middle else v for n, v in enumerate(values)]


def _logs(values: list[float]) -> list[float]:
    return [math.log(v) for v in values] if min(values) > 0 else []


def _in_step(at: list[float], said: list[float]) -> bool:
    """Whether positions are a straight line of what is said, within a hundredth of its length."""
    if not said or said[0] == said[-1]:
        return False
    slope = (at[-1] - at[0]) / (said[-1] - said[0])
    far = [abs(at[0] + slope * (v - said[0]) - a) for a, v in zip(at, said, strict=True)]
    return max(far) < 0.01 * abs(at[-1] - at[0])


def unresolved(
    words: list[Words], ledger: dict[str, set[str]], fixed: list[str]
) -> Iterator[tuple[str, str, str]]:
    drawn: dict[str, list[Words]] = defaultdict(list)
    for one in words:
        if one.is_drawn:
            drawn[one.owner].append(one)
    axes = {place for drawing in drawn.values() for place in ticks(drawing)}
    for one in words:
        if id(one) in axes or one.kind == "formula":
            continue
        known = ledger[one.owner or one.section]
        for number in measured(one.text, fixed):
            if number not in known:
                yield one.owner or one.section, number, plain(one.text)


def test_every_number_on_the_page_is_a_fact_of_where_it_stands(
    words: list[Words], ledger: dict[str, set[str]], fixed: list[str]
) -> None:
    assert sum(len(numbers(one.text)) for one in words) > 2500
    assert list(unresolved(words, ledger, fixed)) == []


@pytest.mark.parametrize(
    "typed",
    [
        Words("rally", "", "p", "Miners rose 98.7 % since 28 Jan 2026."),
        Words("rally", "rally-metals", "title", "Gold leads by 98.7 %"),
        Words("rally", "rally-metals", "text", "98.7", style={"x": "1", "y": "2", "style": ""}),
        Words("arguments", "claim-m1", "dd", "Its downside beta is 98.7."),
        Words("", "", "li", "98.7 percent"),
    ],
)
def test_a_number_that_is_no_fact_is_caught(
    typed: Words, words: list[Words], ledger: dict[str, set[str]], fixed: list[str]
) -> None:
    found = list(unresolved([*words, typed], ledger, fixed))
    assert [number for _, number, _ in found] == ["98.7"]


@pytest.mark.parametrize("name", CLASSES)
def test_no_class_is_listed_in_vain(name: str, words: list[Words]) -> None:
    assert any(re.search(CLASSES[name], plain(one.text)) for one in words)


def test_an_axis_that_lies_is_caught() -> None:
    def axis(*said: str) -> list[Words]:
        style = "text-anchor: middle"
        return [
            Words("s", "o", "text", one, style={"x": str(10 * n), "y": "5", "style": style})
            for n, one in enumerate(said)
        ]

    assert len(ticks(axis("−5 %", "0 %", "5 %"))) == 3
    assert len(ticks(axis("1", "10", "100"))) == 3
    assert len(ticks(axis("50 %", "0 %", "50 %"))) == 3
    assert ticks(axis("0 %", "5 %", "11 %")) == set()
    assert ticks(axis("7")) == set()


def printed(pdf_pages: list[str], record: dict[str, Any]) -> str:
    """The words of all pages, without what stands on each of them and the names of data files."""
    edition = re.escape(record["edition"])
    found = []
    for n, page in enumerate(pdf_pages, start=1):
        head = rf"{re.escape(record['title'])} · Edition {edition} Data as of \d+ \w+ \d{{4}}"
        foot = rf"Prices as of \d+ \w+ \d{{4}} unless stated\. {n} / {len(pdf_pages)}"
        page, feet = re.subn(rf"{foot}$", "", plain(page))
        assert feet == 1, page[-200:]
        page, heads = re.subn(rf"^{head}", "", page)
        assert heads == (n > 1), page[:200]
        found.append(page)
    return re.sub(r"Data: [\w.\s-]+?\.\s?csv(, \d+ rows)?", "", " ".join(found))


def test_page_and_print_hold_the_same_numbers_as_often(
    words: list[Words], pdf_pages: list[str], record: dict[str, Any]
) -> None:
    foot = "unless stated."
    shown = Counter(n for one in words if foot not in one.text for n in numbers(one.text))
    there = Counter(numbers(printed(pdf_pages, record)))
    assert shown - there == Counter()
    # A table that goes on over a page has its head again.
    heads = Counter(n for one in words if one.kind in ("th", "r") for n in numbers(one.text))
    assert set(there - shown) <= set(heads)
    assert (there - shown).total() <= 2 * heads.total()


def test_the_exhibits_of_page_print_and_ledger_are_the_same(
    words: list[Words], pdf_pages: list[str], pdf: PdfReader, record: dict[str, Any]
) -> None:
    listed = [(one["id"], one["number"], plain(one["title"])) for one in record["exhibits"]]
    labels = {one.owner: one.text for one in words if one.text.startswith("Exhibit ")}
    titles = {one.owner: plain(one.text) for one in words if one.kind == "title"}
    figures = dict.fromkeys(one.owner for one in words if one.owner in labels)
    assert [(one, int(numbers(labels[one])[0]), titles[one]) for one in figures] == listed
    text = printed(pdf_pages, record)
    stamp = r"Exhibit (\d+) Illustrative data"
    # On paper one that does not fit may stand behind the next.
    assert sorted(map(int, re.findall(stamp, text))) == [number for _, number, _ in listed]
    dense = re.sub(r"\s", "", text)
    for _, number, title in listed:
        assert re.sub(r"\s", "", f"Exhibit{number}Illustrativedata{title}") in dense, title
    cards = {one.owner for one in words if one.owner.startswith("claim-")}
    files = {Path(name).name for name in record["outputs"] if name.startswith("data/")}
    assert set(pdf.attachments) == files
    assert {Path(name).stem for name in files} <= {*figures, *cards}
