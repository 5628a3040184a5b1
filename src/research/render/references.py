"""References by id: what each leads to and reads, and the refusal of one that leads nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from difflib import get_close_matches
from functools import cache
from operator import is_not
from typing import Any, TypeVar

from research.errors import RenderError
from research.exhibits.mime import BLOCK, EXHIBIT, PROSE
from research.render.blocks import Inlines, Link, Text
from research.render.scope import FACT, Scope, fold, slug

LEFT_OUT = "[left out]"  # stands for what a section told that this edition does not have
_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Told:
    """A fact as it was first printed, and the exhibit, card or section where that was."""

    text: str
    anchors: tuple[str, ...]


def facts_in(
    outputs: Iterable[Mapping[str, Any]], section: str, anchor: str
) -> Iterator[tuple[str, Told]]:
    """The facts that outputs of a section show, by the id that the edition's ledger gives them."""
    for output in outputs:
        data = output.get("data", {})
        for kind in (PROSE, EXHIBIT, BLOCK):
            bundle = data.get(kind) or {}
            own = (slug(str(bundle["id"])),) if bundle.get("id") else ()
            for fact in bundle.get("facts", ()):
                text = fold(str(fact.get("text", "")))
                yield f"{section}.{fact['id']}", Told(text=text, anchors=(*own, anchor))


def resolve(
    parts: tuple[_T, ...], scope: Scope, facts: Mapping[str, Told], *, complete: bool
) -> tuple[_T, ...]:
    """`parts` with every reference as a link that has words; a lost one keeps its words alone.

    `facts` by id. Words that a link was given stay, also of a link to a fact. In an edition that
    has all sections (`complete`) nothing may be lost.
    """

    def settled(link: Link) -> Inlines:
        target, children = link.target, mended(link.children)
        if target.startswith(FACT):
            told = facts.get(target.removeprefix(FACT))
            if told is None:
                return children or (Text(LEFT_OUT),)
            anchor = next((a for a in told.anchors if a in scope.anchors), "")
            said = children or (Text(told.text),)
            return (Link(f"#{anchor}", said),) if anchor else said
        if not target.startswith("#"):
            return (Link(target, children),)
        if target[1:] not in scope.anchors:
            return children or (Text(LEFT_OUT),)
        return (Link(target, children or (Text(scope.anchors[target[1:]]),)),)

    def mended(value: Any) -> Any:
        # What holds no link stays the object that it is: nearly all of an edition.
        if isinstance(value, tuple):
            made = _flat(settled(one) if isinstance(one, Link) else (mended(one),) for one in value)
            return made if len(made) != len(value) or any(map(is_not, made, value)) else value
        held: dict[str, Any] = {}
        kind: Any = type(value)
        for name in _fields(kind):
            given = getattr(value, name)
            if isinstance(given, tuple) and (now := mended(given)) is not given:
                held[name] = now
        return replace(value, **held) if held else value

    if complete:
        _check(scope, facts)
    return mended(parts)


@cache
def _fields(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


def _flat(parts: Iterable[tuple[Any, ...]]) -> tuple[Any, ...]:
    return tuple(one for part in parts for one in part)


def _check(scope: Scope, facts: Mapping[str, Told]) -> None:
    faults = [
        _fault(target, where, scope.anchors, facts)
        for target, where in dict.fromkeys(scope.links)
        if target.removeprefix(FACT) not in (facts if target.startswith(FACT) else scope.anchors)
    ]
    if faults:
        raise RenderError("\n".join(faults))


def _fault(target: str, where: str, anchors: Mapping[str, str], facts: Mapping[str, Told]) -> str:
    if target.startswith(FACT):
        name = target.removeprefix(FACT)
        return f"{where}: no section tells the fact {name}{_near(name, facts, FACT)}"
    return f"{where}: the link #{target} leads nowhere{_near(target, anchors, '#')}"


def _near(name: str, known: Iterable[str], sign: str) -> str:
    close = get_close_matches(name, list(known), n=3)
    return f"; did you mean {' or '.join(sign + one for one in close)}?" if close else "."
