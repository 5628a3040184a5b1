"""What is in memory before a kernel is forked, and which surroundings a zygote shares with it.

Standard library only: the zygote and its parent both read this before anything heavy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# `name.*` stands for a package with all its modules; what is not installed is passed over. They
# are names and no imports, for execution knows nothing of what notebooks compute. Of the market
# what reads and checks it: `live` is for fetching, and imports clients that no notebook needs.
# It stands first, for to look into a market may begin as soon as that can be imported; `holidays`
# is what it imports once it is asked for a day.
MODULES = (
    "pandas",
    "holidays.financial",
    "research.params.*",
    "research.market.checks",
    "research.market.sources.*",
    "research.market.store.*",
    "research.market.survey",
    "research.analysis.*",
    "research.exhibits.*",
    "research.memory.*",
)
# Read by the interpreter, the C library or a module while it is imported: a kernel with another
# value of one of these needs another zygote. All other variables are set after the fork.
_READ_AT_START = (
    "ARROW_", "BLIS_", "DYLD_", "GLIBC_", "GOTO_", "HOME", "JE_ARROW_", "LANG", "LC_", "LD_",
    "MALLOC_", "MKL_", "MPL", "NPY_", "NUMEXPR_", "NUMPY_", "NVPL_", "OMP_", "OPENBLAS_", "PANDAS_",
    "PYDEVD_", "PYTHON", "SCIPY_", "TMPDIR", "TZ", "VIRTUAL_ENV", "XDG_",
)  # fmt: skip


Ahead = Sequence[tuple[str, Mapping[str, Any]]]
"""Callables `module:function` with their JSON arguments."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """Modules that are imported, then callables `module:function` with their JSON arguments.

    A callable may leave its result in its own module, where a notebook's call finds it. It must
    leave no thread, no open file and no changed global state that a notebook could notice. One of
    two parts, `module:function|then`, may have the first called in another process, so that it
    leaves nothing and gives what can be pickled. The second leaves it; given the same arguments
    and, before them, a function that waits for it. What the first callable gives that gives
    anything can be asked for, once the first `asked` of them were called.
    """

    modules: tuple[str, ...] = MODULES
    preload: tuple[tuple[str, Mapping[str, Any]], ...] = field(default=())
    asked: int = 0


def read_at_start(env: Mapping[str, str]) -> dict[str, str]:
    """Those of `env` that cannot be changed after the fork."""
    return {name: value for name, value in env.items() if name.startswith(_READ_AT_START)}
