"""Numbers that keep their value, unit and origin while they are words in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from research.exhibits.formats import MISSING, REGISTRY, FormatError, bare, is_missing, lookup
from research.exhibits.template import Field, ProseError, parse, suggestion


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One number shown to a reader: the raw value beside the words it was printed as.

    `expression` is how the number was named where it was said, and is empty for a fact that
    brings its own id. Empty `as_of` and `source` are filled by what shows the fact.
    """

    id: str
    value: float | int | str
    unit: str = ""
    text: str = ""
    as_of: str = ""
    source: str = ""
    expression: str = ""

    def as_json(self) -> dict[str, Any]:
        """The fact as the ledger stores it."""
        return dict(vars(self))


class Text(str):
    """A sentence that remembers the facts in it; ordinary string work returns a plain `str`."""

    __slots__ = ("facts",)
    facts: tuple[Fact, ...]

    def __new__(cls, text: str = "", facts: Iterable[Fact] = ()) -> Text:
        self = super().__new__(cls, text)
        self.facts = tuple(facts)
        return self

    def __reduce__(self) -> tuple[type[Text], tuple[str, tuple[Fact, ...]]]:
        return (Text, (str(self), self.facts))

    def __add__(self, other: str) -> Text:
        return Text(str.__add__(self, other), (*self.facts, *facts_of(other)))

    def __radd__(self, other: str) -> Text:
        return Text(str.__add__(other, self), (*facts_of(other), *self.facts))


def say(template: str, /, **values: Any) -> Text:
    """A sentence with its numbers formatted and recorded: `say("β⁻ is {beta:num2}", beta=b)`.

    Values are numbers, dates, strings, `Fact`s, `Text`s, or anything with `.value` and
    `.unit`. A number needs a format (`formats.REGISTRY`); `{{` and `}}` are literal braces.
    Raises ProseError for an unknown name or format, and for a number without a format.
    """

    def named(field: Field) -> Any:
        if field.expression not in values:
            raise ProseError(
                f"say: {{{field.source}}}, line {field.line}: no value named "
                f"{field.expression!r} was given{suggestion(field.expression, values)}."
            )
        return values[field.expression]

    return fill(template, named, where="say")


def tell(statement: Any, /) -> Text:
    """`say` of a statement: of what has a `template` and its `values`; empty for None."""
    return Text() if statement is None else say(statement.template, **statement.values)


def join(separator: str, parts: Iterable[str]) -> Text:
    """`separator.join(parts)` that keeps the facts of every part."""
    kept = list(parts)
    return Text(separator.join(kept), (fact for part in kept for fact in facts_of(part)))


def say_interval(estimate: Any, lo: Any, hi: Any, form: str, /, unit: str = "") -> Text:
    """An estimate and its interval, `1.08 (0.94 to 1.22) t`; "n/a" without an estimate."""
    if is_missing(bare(estimate)):
        return Text(MISSING)
    after = f" {unit}" if unit else ""
    if is_missing(bare(lo)) or is_missing(bare(hi)):
        return say(f"{{estimate:{form}}}{after}", estimate=estimate)
    template = f"{{estimate:{form}}} ({{lo:{form}}} to {{hi:{form}}}){after}"
    return say(template, estimate=estimate, lo=lo, hi=hi)


def say_moved(
    change: Any,
    form: str = "pct0",
    /,
    *,
    up: str = "rose",
    down: str = "fell",
    flat: str = "stood still",
) -> Text:
    """A change with the verb of its sign, `fell 3 %`; `flat` alone when it prints as nought.

    "is not known" of a missing change.
    """
    value = bare(change)
    if is_missing(value):
        return Text("is not known")
    write = lookup(form)
    if write(abs(value)) == write(0):
        return Text(flat)
    return say(f"{{verb}} {{change:{form}}}", verb=up if value > 0 else down, change=abs(value))


_ALL = "all {all:word} {things}"


def say_part(
    count: int, all: int, noun: tuple[str, str], verb: tuple[str, str] | None = None, /
) -> Text:
    """How many of how many: `one of ten metals`, `all ten metals`, `none of ten metals`.

    `noun` and `verb` are given for one and for many; the verb, if any, follows.
    """
    things = noun[0] if all == 1 else noun[1]
    template = "{count:word} of {all:word} {things}"
    if count == all:
        template = {0: "no {one}", 1: "the one {one}", 2: "both {things}"}.get(all, _ALL)
    elif not count:
        none = "none of {all:word} {things}"
        template = {1: "not one {one}", 2: "neither of two {things}"}.get(all, none)
    told = say(template, count=count, all=all, one=noun[0], things=things)
    return told if verb is None else told + f" {verb[0] if count <= 1 else verb[1]}"


def fill(template: str, evaluate: Any, *, where: str) -> Text:
    """`template` with each field replaced by what `evaluate(field)` gives, formatted."""
    pieces: list[str] = []
    facts: list[Fact] = []
    for piece in parse(template, where=where):
        shown = piece if isinstance(piece, str) else _show(piece, evaluate(piece), where)
        pieces.append(shown)
        facts.extend(facts_of(shown))
    return Text("".join(pieces), distinct(facts))


def facts_of(text: Any) -> tuple[Fact, ...]:
    """The facts a piece of text carries; none for a plain string."""
    return text.facts if isinstance(text, Text) else ()


def distinct(facts: Iterable[Fact], told: dict[str, Fact] | None = None) -> tuple[Fact, ...]:
    """Facts with ids that differ: a repeated fact is kept once, a namesake gets a counter.

    `told` holds what was said before by id, and is added to.
    """
    told = {} if told is None else told
    named: dict[str, Fact] = {}
    for fact in facts:
        name, count = fact.id, 1
        while name in told and replace(told[name], id=fact.id) != fact:
            count += 1
            name = f"{fact.id}-{count}"
        told[name] = named[name] = replace(fact, id=name)
    return tuple(named.values())


def owned(facts: Iterable[Fact], *, owner: str, as_of: str, source: str) -> tuple[Fact, ...]:
    """Facts as told by the exhibit `owner`: ids made from names are prefixed, gaps filled."""
    return distinct(
        replace(
            fact,
            id=f"{owner}.{fact.id}" if fact.expression else fact.id,
            as_of=fact.as_of or as_of,
            source=fact.source or source,
        )
        for fact in facts
    )


def _show(field: Field, value: Any, where: str) -> str:
    here = f"{where}: {{{field.source}}}, line {field.line}"
    if isinstance(value, Fact) and (value.text or isinstance(value.value, str)):
        if not field.format:
            return Text(value.text or str(value.value), [value])
    elif isinstance(value, str) and field.format not in _TEXT_FORMATS:
        if field.format:
            raise ProseError(
                f"{here}: {value!r} is a string; the format {field.format!r} is for numbers "
                f"and dates. Leave the format out."
            )
        return value
    if not field.format:
        raise ProseError(
            f"{here}: {type(value).__name__} {value!r} has no format, so its unit and digits "
            f"are undecided. Write one, such as {{{field.expression}:num1}} or "
            f"{{{field.expression}:pct0}}."
        )
    try:
        form = lookup(field.format)
        raw = bare(value)
        text = form(raw)
    except FormatError as error:
        raise ProseError(f"{here}: {error}") from error
    if isinstance(value, Fact):
        return Text(text, [replace(value, text=text, unit=value.unit or form.unit)])
    unit = str(getattr(value, "unit", "")) or form.unit
    fact = Fact(
        id=slug(field.expression),
        value=form.raw(raw),
        unit=unit,
        text=text,
        expression=field.expression,
    )
    return Text(text, [fact])


_TEXT_FORMATS = frozenset(name for name, form in REGISTRY.items() if form.takes_text)


def slug(expression: str) -> str:
    """A stable id made from an expression: `beta["pick"]` becomes `beta-pick`."""
    return re.sub(r"[^a-z0-9]+", "-", expression.lower()).strip("-") or "fact"
