"""What a page holds beside exhibits and prose: verdict band, calls, strips, cards, lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from research.exhibits import markup
from research.exhibits.facts import Fact, Text, distinct, facts_of, join, owned
from research.exhibits.formats import WEAK, lookup
from research.exhibits.mime import BLOCK
from research.exhibits.numbers import as_csv
from research.exhibits.picture import Picture

if TYPE_CHECKING:
    import pandas as pd

WEAK_NOTE = (
    f"{WEAK} The verdict does not survive the allowance for the number of tests made (Holm)."
)


@dataclass(frozen=True, kw_only=True)
class Block:
    """One block of a page; `record` is what the printing rooms read (MIME type `mime.BLOCK`)."""

    record: dict[str, Any]
    facts: tuple[Fact, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The record with the facts of its words."""
        return {**self.record, "facts": [fact.as_json() for fact in self.facts]}

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        record = self.as_json()
        if record["kind"] == "record":
            return {BLOCK: record, "text/plain": f"recorded for the edition: {record['name']}"}
        return {BLOCK: record, "text/html": markup.block(record), "text/plain": _plain(record)}


def band(items: Iterable[Mapping[str, Any]], *, id: str = "band") -> Block:
    """The band under the headline: `label`, `value`, `detail`, and `strong` for the main ones."""
    return _block("band", id, items, {"label": "", "value": "", "detail": "", "strong": False})


def calls(
    items: Iterable[tuple[str, ...]], *, id: str = "calls", title: str = "Key calls"
) -> Block:
    """Key calls, each a pair: a bold lead-in and the sentence that follows it.

    A third word is the id of the section, exhibit or claim that the lead-in leads to.
    """
    rows = [dict(zip(("lead", "text", "link"), item, strict=False)) for item in items]
    return _block("calls", id, rows, {"lead": "", "text": "", "link": ""}, title=title)


def strip(items: Iterable[str | tuple[str, ...]], *, title: str, id: str = "strip") -> Block:
    """A side list: each item a sentence, a pair (label, value) or a triple (…, detail).

    A fourth word is the id of the section, exhibit or claim that the label leads to.
    """
    shape = {"label": "", "value": "", "detail": "", "link": ""}
    rows = [dict(zip(shape, ("", i) if isinstance(i, str) else i, strict=False)) for i in items]
    return _block("strip", id, rows, shape, title=title)


def card(
    *,
    id: str,
    title: str,
    items: Sequence[tuple[str, ...]],
    pair: tuple[tuple[str, str], tuple[str, str]] | None = None,
    eyebrow: str = "",
    name: str = "",
    tag: str = "",
    origin: str = "",
    verdict: str = "",
    grade: str = "",
    weak: bool = False,
    estimate: str = "",
    note: str = "",
    picture: Picture | None = None,
    formula: str = "",
    data: pd.DataFrame | None = None,
) -> Block:
    """One claim on a card: who (`eyebrow`), the quote (`title`), the verdict; then the case.

    `name` is what a reference to the card reads, such as M1. `tag` says what kind of statement the
    quote is, such as Opinion, and `origin` where it is taken from and when.
    `items` are labelled lines, each (label, text) or (label, text, detail); the two of `pair`
    stand side by side after the first of them, such as the best evidence for and against.
    `verdict` is SUPPORTED, MIXED, CONTRADICTED, NOT TESTED or empty; `weak` puts a dagger after
    it and its meaning below. `picture` is a small drawing such as `charts.interval` gives, with
    `estimate` in words under it. `formula` says how that is computed from `data`, the rows behind
    it, which are attached as `<id>.csv`. `note` is small, at the foot.
    """
    rows: list[dict[str, Any]] = [
        dict(zip(("label", "text", "detail"), item, strict=False)) for item in items
    ]
    sides = [{"label": label, "text": text, "beside": True} for label, text in pair or ()]
    weakly = weak and bool(verdict)
    extra: dict[str, Any] = {
        "eyebrow": eyebrow,
        "name": name,
        "tag": tag,
        "title": title,
        "origin": origin,
        "verdict": str(verdict),
        "verdict_text": lookup("verdict")(f"{verdict}{WEAK if weakly else ''}") if verdict else "",
        "grade": grade,
        "estimate": estimate,
        "note": join(" ", [line for line in (WEAK_NOTE if weakly else "", note) if line]),
        "alt": Text(picture.alt, picture.facts) if picture else "",
        "formula": formula,
    }
    if data is not None:
        extra |= {"csv": as_csv(data, index=str(data.index.name or "row")), "rows": len(data)}
    if picture:
        extra["svg"] = picture.svg
    shape = {"label": "", "text": "", "detail": "", "beside": False}
    return _block("card", id, [*rows[:1], *sides, *rows[1:]], shape, **extra)


def definitions(
    items: Iterable[tuple[str, str]], *, id: str = "definitions", title: str = ""
) -> Block:
    """Terms and what they mean."""
    rows = [{"label": label, "text": text} for label, text in items]
    return _block("definition-list", id, rows, {"label": "", "text": ""}, title=title)


def checklist(
    items: Iterable[tuple[str, str, str]], *, id: str = "checklist", title: str = ""
) -> Block:
    """Requirements, each a triple: what, status (`met`, `n.a.` or `open`), where."""
    rows = [{"label": label, "status": status, "where": where} for label, status, where in items]
    return _block("checklist", id, rows, {"label": "", "status": "", "where": ""}, title=title)


def record(name: str, value: Any) -> Block:
    """Plain data for the edition's manifest, shown to nobody: `claims`, `outlook`."""
    return Block(record={"kind": "record", "name": name, "value": value, "items": []})


def _block(
    kind: str, id: str, items: Iterable[Mapping[str, Any]], shape: Mapping[str, Any], **extra: Any
) -> Block:
    words = [value for value in extra.values() if isinstance(value, str)]
    rows = []
    for item in items:
        unknown = sorted(set(item) - set(shape))
        if unknown:
            raise TypeError(f"{kind}: unknown key {unknown[0]!r}; expected {', '.join(shape)}.")
        row = {**shape, **item}
        words += [value for value in row.values() if isinstance(value, str)]
        said = {k: str(v) if isinstance(shape[k], str) else v for k, v in row.items()}
        rows.append({k: v for k, v in said.items() if v or k != "link"})
    facts = owned(
        distinct(fact for text in words for fact in facts_of(text)), owner=id, as_of="", source=""
    )
    plain = {key: str(value) if isinstance(value, str) else value for key, value in extra.items()}
    return Block(record={"kind": kind, "id": id, **plain, "items": rows}, facts=facts)


def _plain(record: Mapping[str, Any]) -> str:
    head = [record.get(key, "") for key in ("eyebrow", "title", "verdict_text")]
    rows = [
        " ".join(str(v) for key, v in row.items() if v and v is not True and key != "link")
        for row in record["items"]
    ]
    return "\n".join(line for line in [" · ".join(h for h in head if h), *rows] if line)
