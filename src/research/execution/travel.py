"""An executor whose workers may lie on other machines: luggage follows, versions must agree."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Executor, Future
from functools import cache, partial
from pathlib import Path
from typing import Any

from research import __version__
from research.errors import ResearchError, UsageError
from research.execution.luggage import Luggage, moved, unpacked

_COMPUTE = (
    "ipykernel", "matplotlib", "nbconvert", "numpy", "pandas", "papermill", "scipy", "typst",
)  # fmt: skip
_NOT_HERE = "the luggage is not here yet"


class Travelling(Executor):
    """Hands tasks to another `executor`, along with the files that they name.

    Only the digest of `luggage` goes with a task; a worker that has not got those files says so,
    and is sent them with the task once more. Each worker compares its versions with ours; a
    difference is a UsageError. `lost` says what to raise in place of an executor's own errors.
    """

    def __init__(
        self,
        executor: Executor,
        luggage: Luggage,
        *,
        lost: Mapping[type[BaseException], Callable[[BaseException], ResearchError]],
    ) -> None:
        self._executor = executor
        self._luggage = luggage
        self._lost = lost

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run `fn` on a worker, the paths in its arguments being those of the worker."""
        outer: Future[Any] = Future()
        self._send(outer, partial(fn, **kwargs), args, files=None)
        return outer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the executor that does the work."""
        self._executor.shutdown(wait=wait)

    def _send(
        self,
        outer: Future[Any],
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        *,
        files: Mapping[str, bytes] | None,
    ) -> None:
        inner = self._executor.submit(
            there, fn, args, str(self._luggage.root), self._luggage.digest, files, versions()
        )
        inner.add_done_callback(partial(self._received, outer, fn, args))

    def _received(
        self, outer: Future[Any], fn: Callable[..., Any], args: tuple[Any, ...], inner: Future[Any]
    ) -> None:
        try:
            result = inner.result()
            if isinstance(result, str) and result == _NOT_HERE:
                self._send(outer, fn, args, files=self._luggage.files)
                return
        except CancelledError:
            outer.set_exception(
                ResearchError("the connection to the workers broke off. Run it again.")
            )
        except BaseException as error:  # whatever it is belongs to who waits for the result
            said = self._lost.get(type(error))
            outer.set_exception(said(error) if said else error)
        else:
            outer.set_result(result)


def there(
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    root: str,
    digest: str,
    files: Mapping[str, bytes] | None,
    theirs: Mapping[str, str],
) -> Any:
    """On a worker: `fn(*args)` with its files laid out here, or word that they are missing."""
    mine = versions()
    if mine != theirs:
        apart = ", ".join(
            f"{name} {mine.get(name)} (here {theirs.get(name)})"
            for name in theirs
            if mine.get(name) != theirs[name]
        )
        raise UsageError(
            f"a worker has {apart}. Its results would not be those of this machine; install the "
            "same version on all workers and start them again."
        )
    folder = unpacked(digest, files)
    if folder is None:
        return _NOT_HERE
    return fn(*(moved(one, Path(root), folder) for one in args))


@cache
def versions() -> dict[str, str]:
    """What must be the same on both sides, by name: Python, this package's code, what computes."""
    found = {name: importlib.metadata.version(name) for name in _COMPUTE}
    return {"Python": platform.python_version(), "research": code(), **found}


@cache
def code() -> str:
    """The hash of this package's own files, as they were when it was first asked for."""
    folder = Path(__file__).parents[1]
    told = (
        f"{path.relative_to(folder).as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}\n"
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    )
    return f"{__version__}+{hashlib.sha256(''.join(told).encode()).hexdigest()[:12]}"
