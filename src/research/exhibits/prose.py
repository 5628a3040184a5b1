"""`%%prose`: a cell of Markdown whose numbers are computed where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from research.exhibits.facts import Fact, Text, distinct, fill
from research.exhibits.mime import PROSE
from research.exhibits.template import Field, ProseError, suggestion


class Prose:
    """The cell magic of one shell; a fact keeps its id when its cell is run again."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._told: dict[str, Fact] = {}

    def __call__(self, line: str, cell: str) -> None:
        """Show `cell` as Markdown, each `{expression:format}` evaluated in the notebook."""
        from IPython.display import display

        if line.strip():
            raise ProseError(
                f"%%prose takes nothing on its own line; found {line.strip()!r}. "
                f"Begin the text on the next line."
            )
        display(self.bundle(cell), raw=True)

    def bundle(self, cell: str) -> dict[str, Any]:
        """What the cell puts out: Markdown, and the facts printed in it."""
        text = evaluate(cell, self._shell.user_ns)
        facts = distinct(text.facts, self._told)
        return {
            "text/markdown": str(text),
            "text/plain": str(text),
            PROSE: {"facts": [fact.as_json() for fact in facts]},
        }


def evaluate(markdown: str, names: Mapping[str, Any]) -> Text:
    """`markdown` with its expressions evaluated in `names`, formatted, and recorded as facts.

    The first line after `%%prose` is line 2, as the notebook numbers it. Raises ProseError
    naming expression, line and remedy.
    """

    def value_of(field: Field) -> Any:
        try:
            code = compile(f"({field.expression})", "<prose>", "eval")
            return eval(code, dict(names))  # the analyst's own code, as in any cell
        except Exception as error:
            raise ProseError(_message(field, error, names)) from error

    text = fill("\n" + markdown, value_of, where="%%prose")
    return Text(text[1:], text.facts)


def _message(field: Field, error: Exception, names: Mapping[str, Any]) -> str:
    told = f"{type(error).__name__}: {error}"
    where = f"%%prose: {{{field.source}}}, line {field.line}"
    if isinstance(error, NameError) and error.name:
        public = [name for name in names if not name.startswith("_")]
        return (
            f"{where}: {error.name!r} is not defined{suggestion(error.name, public)}. "
            f"Run the cell that computes it first."
        )
    if isinstance(error, SyntaxError):
        return (
            f"{where}: this is no Python expression ({error.msg}). "
            f"Write {{{{ and }}}} for braces that belong to the text."
        )
    return f"{where}: {told}. Mend the expression, or the cell that computes what it uses."
