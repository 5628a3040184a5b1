"""Faults of form told in sentences: what was found, what was expected, what may be meant."""

from __future__ import annotations

import json
import re
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from research.errors import Fault
from research.params.base import PATTERNS, Record
from research.params.where import Place, Tree, spelling

R = TypeVar("R", bound=Record)

_EXPECTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "text",
    "dict_type": "names with values",
    "model_type": "keys with values",
    "model_attributes_type": "keys with values",
    "tuple_type": "a list",
    "list_type": "a list",
}
_NUMBER = re.compile(r"[-+]?[\d_,]*\.?\d+")


def read_record(model: type[R], tree: Tree) -> tuple[R | None, list[Fault]]:
    """The tree as a record of `model`, or None and every fault of form."""
    try:
        # Strict JSON is the rule wanted: nothing coerced, but whole numbers may stand for
        # fractions and lists become tuples.
        return model.model_validate_json(json.dumps(tree.data), strict=True), []
    except ValidationError as error:
        return None, _tell(error, model, tree)


def show(value: object) -> str:
    """A value as a sentence about a parameter file names it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = value if len(value) <= 60 else f"{value[:57]}…"
        return f'"{text}"' if text else "an empty text"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    return str(value)


def _tell(error: ValidationError, model: type[Record], tree: Tree) -> list[Fault]:
    faults: dict[Place, Fault] = {}
    wanted: dict[Place, list[str]] = {}
    for one in error.errors(include_url=False, include_input=False):
        kind, context = one["type"], one.get("ctx", {})
        place, on_key = _place(one["loc"], tree.data, kind)
        if kind == "too_short" and len(tree.at(*place)) >= context["min_length"]:
            continue  # pydantic counts only what it could read; those faults are told already
        if kind == "missing":
            about = _about(model, place)
            faults[place] = tree.fault(place, f"is missing{f': {about}' if about else ''}.")
        elif kind == "extra_forbidden":
            hint = spelling(str(place[-1]), _names(model, place[:-1]))
            faults[place] = tree.fault(place, "is not a known key.", hint)
        else:
            found = place[-1] if on_key else tree.at(*place)
            expected = wanted.setdefault(place, [])
            phrase = _phrase(kind, context, one["msg"])
            if phrase not in expected:
                expected.append(phrase)
            told = " or ".join(expected)
            problem = f"found {show(found)}, expected {told}."
            faults[place] = tree.fault(place, problem, _hint(kind, context, found))
    return list(faults.values())


def _place(loc: tuple[str | int, ...], data: Any, kind: str) -> tuple[Place, bool]:
    """Where the error is in the file: pydantic's `loc` without the branches of its unions."""
    place: list[str | int] = []
    node: Any = data
    key: Any
    for depth, key in enumerate(loc):
        last = depth == len(loc) - 1
        if (isinstance(node, dict) and key in node) or (
            isinstance(node, list) and isinstance(key, int) and key < len(node)
        ):
            place.append(key)
            node = node[key]
        elif last and kind in ("missing", "extra_forbidden"):
            place.append(key)
    return tuple(place), bool(loc) and loc[-1] == "[key]"


def _phrase(kind: str, context: dict[str, Any], message: str) -> str:
    if kind == "house":
        return str(context["expected"])
    if kind == "string_pattern_mismatch":
        return PATTERNS[context["pattern"]]
    if kind == "literal_error":
        return str(context["expected"]).replace("'", '"')
    if kind == "too_short":
        return f"at least {context['min_length']} in the list"
    if kind == "too_long":
        return f"at most {context['max_length']} in the list"
    for bound, words in (("gt", "above"), ("ge", "of at least"), ("lt", "below"), ("le", "up to")):
        if bound in context:
            return f"a number {words} {context[bound]:g}"
    return _EXPECTED.get(kind, message[:1].lower() + message[1:])


def _hint(kind: str, context: dict[str, Any], found: object) -> str:
    if kind == "house":
        return str(context["hint"])
    if kind == "literal_error" and isinstance(found, str):
        choices = re.findall(r"'([^']*)'", str(context["expected"]))
        near = spelling(found, choices)
        return near if near.startswith("Did") else ""
    if kind == "string_type" and isinstance(found, bool | int | float):
        return "Put it in quotes if it is meant as text."
    if kind in ("int_type", "float_type") and isinstance(found, str) and _NUMBER.fullmatch(found):
        return "Write it as a plain number, without quotes or thousands separators."
    if kind == "less_than_equal" and context.get("le") == 1:
        return "Shares are fractions: 0.7 means 70 %."
    return ""


def _type_at(model: Any, place: Place) -> Any:
    """The type that the records give to `place`; None where they end."""
    for part in place:
        model = _without_none(model)
        if isinstance(model, type) and issubclass(model, BaseModel):
            field = model.model_fields.get(str(part))
            model = field.annotation if field else None
        elif get_origin(model) in (tuple, list):
            model = get_args(model)[0]
        elif get_origin(model) is dict:
            model = get_args(model)[1]
        else:
            return None
    return _without_none(model)


def _without_none(annotation: Any) -> Any:
    inner = [one for one in get_args(annotation) if one is not type(None)]
    return inner[0] if len(inner) == 1 and type(None) in get_args(annotation) else annotation


def _names(model: type[Record], place: Place) -> list[str]:
    found = _type_at(model, place)
    is_record = isinstance(found, type) and issubclass(found, BaseModel)
    return list(found.model_fields) if is_record else []


def _about(model: type[Record], place: Place) -> str:
    above = _type_at(model, place[:-1])
    if isinstance(above, type) and issubclass(above, BaseModel):
        field = above.model_fields.get(str(place[-1]))
        return (field.description or "") if field else ""
    return ""
