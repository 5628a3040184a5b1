"""What a zygote does before it forks: imports, calls ahead, and a note of what it has read."""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

# Loaded by every kernel as it starts or with its first cell, much of it only then.
_OF_A_KERNEL = (
    "ctypes",
    "faulthandler",
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "psutil",
    "sqlite3",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.magics",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "jedi",
    "tornado.platform.asyncio",
)
_MATPLOTLIB_RC = "matplotlibrc"
_MATPLOTLIB_BACKEND = "MPLBACKEND"


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What the zygote has in memory; `refusal` says why nothing may be forked from it, if so.

    `environment` is what the interpreter and the imports have added to it, as they would in a
    kernel; `files` and `names` are of the modules, for the two questions below; `said` is what the
    first function that was called and gave anything gave.
    """

    refusal: str
    environment: dict[str, str]
    files: dict[str, tuple[int, int]]
    names: frozenset[str]
    said: Any = None

    def is_stale(self) -> bool:
        """Whether a file of a module has been changed since it was imported."""
        return any(_state(path) != state for path, state in self.files.items())

    def differs(self, folder: str | None) -> str:
        """Why a kernel in `folder` would have loaded something else, "" if it would not."""
        with suppress(OSError):
            for name in os.listdir(folder or "."):  # noqa: PTH208 - a tenth of the time
                if name == _MATPLOTLIB_RC or name.partition(".")[0] in self.names:
                    return f"{name} in the kernel's folder would be loaded in place of what is."
        return ""


@dataclass(frozen=True, kw_only=True)
class Given:
    """What the first part of a call gave in another process, and what modules it imported there."""

    value: Any
    files: dict[str, tuple[int, int]]
    names: frozenset[str]


def load(modules: Sequence[str], between: Callable[[], Iterable[int]] = tuple) -> Loaded:
    """Import `modules`, then what every kernel imports; never raises.

    `between` is called after each; it gives the files that it has opened and keeps open.
    """
    before = _open()
    # Of the first the interpreter itself is the author where it finds no locale (PEP 538).
    given = {*os.environ} - {"LC_CTYPE"} | {_MATPLOTLIB_BACKEND}
    # As a kernel does that is given no backend, and before matplotlib is imported.
    if not os.environ.get(_MATPLOTLIB_BACKEND):
        os.environ[_MATPLOTLIB_BACKEND] = "module://matplotlib_inline.backend_inline"
    refusal = ""
    own: set[str] = set()
    gc.disable()  # modules are no garbage, and to look through them takes a fifth of the time
    try:
        own = _names() | set(sys.stdlib_module_names)
        for name in _all(modules):
            with suppress(ImportError):
                importlib.import_module(name)
            before |= {str(one) for one in between()}
        # What kernels alone import they have before they look into a folder: it shadows nothing.
        known = _names()
        for name in _OF_A_KERNEL:
            with suppress(ImportError):
                importlib.import_module(name)
            before |= {str(one) for one in between()}
        own |= _names() - known
    except Exception as error:
        refusal = f"preloading failed: {type(error).__name__}: {error}"
    finally:
        gc.enable()
    return Loaded(
        refusal=refusal or _left_open(before),
        environment={name: os.environ[name] for name in {*os.environ} - given},
        files=files_of_modules(),
        names=frozenset(_names() - own),
    )


def call(
    loaded: Loaded,
    named: tuple[str, Mapping[str, Any]],
    given: Callable[[], Given | None] = lambda: None,
) -> Loaded:
    """Call the function named, after `loaded`, and add what it has read; never raises.

    `given` waits for what the first of two parts gives elsewhere, if it was begun there.
    """
    before, known = _open(), _names()
    refusal, said = loaded.refusal, loaded.said
    files, names = dict[str, tuple[int, int]](), set[str]()
    try:
        target, arguments = named
        first, *then = parts_of(target)

        def gives() -> Any:
            if then and (there := given()):
                files.update(there.files)
                names.update(there.names - known)
                return there.value
            return first(**arguments)

        told = then[0](gives, **arguments) if then else gives()
        said = told if said is None else said
    except Exception as error:
        refusal = refusal or f"preloading failed: {type(error).__name__}: {error}"
    return replace(
        loaded,
        refusal=refusal or _left_open(before),
        # Those known before as they were when they were imported, however long ago.
        files={**files_of_modules(), **files, **loaded.files},
        names=loaded.names | names | (_names() - known),
        said=said,
    )


def parts_of(target: str) -> list[Callable[..., Any]]:
    """The one function of a call, or both of its parts."""
    module, _, functions = target.partition(":")
    found = importlib.import_module(module)
    return [getattr(found, name) for name in functions.split("|")]


def _names() -> set[str]:
    return {name.partition(".")[0] for name in sys.modules}


def files_of_modules(known: Iterable[str] = ()) -> dict[str, tuple[int, int]]:
    """File → time and size, of those `known` or else of all modules that are imported."""
    paths: Iterable[Any] = known or {
        getattr(module, "__file__", None) for module in list(sys.modules.values())
    }
    return {path: _state(path) for path in paths if isinstance(path, str)}


def _left_open(before: set[str]) -> str:
    left = [str(Path(f"/proc/self/fd/{one}").readlink()) for one in sorted(_open() - before)]
    return f"preloading left files open, which kernels would share: {', '.join(left)}" * bool(left)


def _all(modules: Sequence[str]) -> Iterator[str]:
    for name in modules:
        package = name.removesuffix(".*")
        yield package
        found = sys.modules.get(package)
        if package != name and found is not None:
            for one in pkgutil.walk_packages(found.__path__, f"{package}.", onerror=lambda _: None):
                yield one.name


def _open() -> set[str]:
    listed = set(os.listdir("/proc/self/fd"))  # noqa: PTH208
    return {one for one in listed if Path(f"/proc/self/fd/{one}").exists()}


def _state(path: str) -> tuple[int, int]:
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
