"""A call made while modules are still imported, in a process that hands over what it gave."""

from __future__ import annotations

import fcntl
import json
import os
import pickle
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from research.execution.warm.life import die_with
from research.execution.warm.load import Given, files_of_modules, parts_of

_PIPE = 1 << 20  # bytes: by a small one the two wait for each other a thousand times


class Aside:
    """The first part of a call, of which the second is made by who takes what the first gave.

    It is begun in a process forked from this one, which must have one thread; `pid` is its number,
    `source` the file by which it hands over, open until it is dropped. Raises OSError where there
    can be none.
    """

    def __init__(self, call: tuple[str, Mapping[str, Any]]) -> None:
        self.name = name_of(call)
        self.source, end = os.pipe()
        zygote = os.getpid()
        try:
            self.pid = os.fork()
            if self.pid == 0:
                die_with(zygote)
                _hand_over(call, end)
        except OSError:  # no process more
            self.drop()
            raise
        finally:
            os.close(end)

    def take(self) -> Given | None:
        """What the call gave, waited for; None where it failed or cannot be handed over."""
        with os.fdopen(self.source, "rb", closefd=False) as source:
            try:
                given: Given = pickle.load(source)
            except Exception:  # the other may have ended anywhere in its midst
                return None
        return given

    def drop(self) -> None:
        """Hear no more of it: it was taken, by this process or another, or nobody will."""
        os.close(self.source)


def can_begin(target: str) -> bool:
    """Whether the call of a `target` has two parts, and the module it is of is imported."""
    module, _, functions = target.partition(":")
    return "|" in functions and module in sys.modules


def name_of(call: Any) -> str:
    """What tells a call from others."""
    return json.dumps(call, sort_keys=True)


def _hand_over(call: tuple[str, Mapping[str, Any]], end: int) -> None:
    """Write what is given to `end`, and end this process without any of what its end would do."""
    code = 1
    try:
        # Of those who ask this one must keep nothing open: that something closes says it ended.
        os.closerange(3, end)
        os.closerange(end + 1, os.sysconf("SC_OPEN_MAX"))
        with suppress(OSError):  # the system may allow less
            fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, _PIPE)
        known = {*sys.modules}
        target, arguments = call
        value = parts_of(target)[0](**arguments)
        new = {*sys.modules} - known
        paths = [path for one in new if (path := getattr(sys.modules[one], "__file__", None))]
        files = files_of_modules(paths) if paths else {}
        names = frozenset(one.partition(".")[0] for one in new)
        with os.fdopen(end, "wb") as to:
            pickle.dump(Given(value=value, files=files, names=names), to, protocol=5)
        code = 0
    finally:
        os._exit(code)
