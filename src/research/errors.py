"""What can go wrong, in one family: each error knows the exit code of its stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class ResearchError(Exception):
    """Any refusal of this package; the message says what, where, found, expected, next step."""

    exit_code = 1


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing wrong in one place of a parameter file."""

    file: str
    line: int | None
    key: str
    problem: str
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.file}, line {self.line}" if self.line else self.file
        text = f"{where}: {self.key}: {self.problem}" if self.key else f"{where}: {self.problem}"
        return f"{text} {self.hint}".rstrip()


class ParamsError(ResearchError):
    """Everything that is wrong with the parameters, told at once."""

    exit_code = 2

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        count = len(self.faults)
        head = f"{count} fault{'s' if count != 1 else ''} in the parameters; nothing was run."
        super().__init__("\n".join([head, *(f"  {fault}" for fault in self.faults)]))

    def __reduce__(self) -> tuple[type[ParamsError], tuple[tuple[Fault, ...]]]:
        """Travels between processes as what it was made from."""
        return type(self), (self.faults,)


class UsageError(ResearchError):
    """The call cannot be carried out as it was given."""

    exit_code = 2


class DataError(ResearchError):
    """Data are missing, unreadable, of the wrong unit or from the future: the gate is shut."""

    exit_code = 3


class NotebookError(ResearchError):
    """A section's notebook did not run to its end."""

    exit_code = 4


class RenderError(ResearchError):
    """A page could not be made from what the notebooks showed."""

    exit_code = 5
