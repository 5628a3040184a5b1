"""A section's parameters held against its notebook's `parameters` cell, both ways."""

from __future__ import annotations

import ast
import datetime as dt
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from research.errors import Fault, ParamsError
from research.params.note import Section
from research.params.notebook import MISSING, Parameter, read_parameters
from research.params.sentences import show
from research.params.where import spelling

__all__ = ["EDITION", "MISSING", "Parameter", "check_section", "read_parameters"]

EDITION: Final = {"note": "mining-rally", "as_of": "latest", "source": ""}
"""What an edition gives to every notebook, and the cell's defaults; no section gives them."""

_TYPES: Final = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list",
    "list[str]": "a list of texts",
    "list[int]": "a list of whole numbers",
    "list[float]": "a list of numbers",
}
_DAY: Final = "a real date such as 2026-01-28"


def check_section(
    section: Section,
    notebook: str | Path,
    *,
    file: str,
    line_of: Callable[[str], int | None],
) -> list[Fault]:
    """Every disagreement between a section's parameters and its notebook's cell, both ways.

    `notebook` is where the section's notebook is; `file` is the note's file as messages show
    it; `line_of("parameters.weeks")` is the line there of a key of the section.
    A parameter whose default is a date in text takes dates only.
    """
    key = f"sections.{section.id}"
    try:
        known = read_parameters(notebook)
    except ParamsError as error:
        return [
            Fault(
                file=file,
                line=line_of("notebook"),
                key=f"{key}.notebook",
                problem=f"{section.notebook} {one.problem}",
                hint=one.hint,
            )
            for one in error.faults
        ]
    return [
        Fault(
            file=file,
            line=line_of(f"parameters.{name}"),
            key=f"{key}.parameters.{name}",
            problem=problem,
            hint=hint,
        )
        for name, problem, hint in (
            *_edition(section, known),
            *_given(section, known),
            *_due(section, known),
        )
    ]


Found = Iterator[tuple[str, str, str]]


def _edition(section: Section, known: dict[str, Parameter]) -> Found:
    for name, default in EDITION.items():
        hint = f'Write `{name}: str = "{default}"`.'
        if name not in known:
            yield name, f"is missing in the parameters cell of {section.notebook}.", hint
        elif _types(known[name]) != ["str"]:
            yield name, f"is not text in the parameters cell of {section.notebook}.", hint


def _given(section: Section, known: dict[str, Parameter]) -> Found:
    own = [name for name in known if name not in EDITION]
    for name, value in section.parameters.items():
        if name in EDITION:
            yield name, "belongs to the note; a section cannot set it.", "Take it away."
        elif name not in known:
            hint = spelling(name, own) if own else "That notebook has no parameters of its own."
            yield name, f"is not a parameter of {section.notebook}.", hint
        elif not _fits(value, known[name]):
            yield name, f"found {show(value)}, expected {_expected(known[name])}.", ""


def _due(section: Section, known: dict[str, Parameter]) -> Found:
    cell = f"the parameters cell of {section.notebook}"
    for name, parameter in known.items():
        strange = [one for one in _types(parameter) if not _is_known(one)]
        if name in EDITION:
            continue
        if strange:
            problem = f"{cell} gives it type `{strange[0]}`, which a parameter cannot have."
            yield name, problem, f"Choose one of {', '.join(_TYPES)}."
        elif parameter.default is MISSING:
            if name not in section.parameters:
                about = f" It is: {parameter.help}." if parameter.help else ""
                yield name, f"is missing; {section.notebook} gives it no default.{about}", ""
        elif not _fits(parameter.default, parameter):
            found = show(parameter.default)
            yield name, f"{cell} defaults it to {found}, expected {_expected(parameter)}.", ""


def _types(parameter: Parameter) -> list[str]:
    """The types a value may have: as annotated, or else that of the default."""
    if parameter.type is None:
        return [] if parameter.default is MISSING else [_type_of(parameter.default)]
    return [parameter.type] if _is_literal(parameter.type) else parameter.type.split(" | ")


def _fits(value: Any, parameter: Parameter) -> bool:
    types = _types(parameter)
    # What is wrong with the annotation itself is told once, by `_due`.
    if not types or not all(_is_known(one) for one in types):
        return True
    if isinstance(value, str) and _is_day(parameter.default):
        return _is_day(value)
    return any(_is(value, one) for one in types)


def _is(value: Any, type_: str) -> bool:
    if type_ == "None":
        return value is None
    if _is_literal(type_):
        return any(value == one and type(value) is type(one) for one in _choices(type_))
    if type_.startswith("list["):
        return isinstance(value, list) and all(_is(one, type_[5:-1]) for one in value)
    if type_ == "float":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value).__name__ == type_


def _expected(parameter: Parameter) -> str:
    if _is_day(parameter.default):
        return _DAY
    phrases = []
    for one in _types(parameter):
        if _is_literal(one):
            phrases += [show(choice) for choice in _choices(one)]
        else:
            phrases.append(_TYPES.get(one, "nothing"))
    return " or ".join(phrases)


def _is_known(type_: str) -> bool:
    return type_ in _TYPES or type_ == "None" or _is_literal(type_)


def _is_literal(type_: str) -> bool:
    return type_.startswith("Literal[")


def _choices(type_: str) -> list[Any]:
    return list(ast.literal_eval(f"[{type_[8:-1]}]"))


def _is_day(value: Any) -> bool:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return False
    try:
        dt.date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _type_of(value: Any) -> str:
    if not isinstance(value, list):
        return "None" if value is None else type(value).__name__
    inner = {type(one).__name__ for one in value}
    if inner == {"int", "float"}:
        return "list[float]"
    return f"list[{inner.pop()}]" if len(inner) == 1 else "list"
