"""What of a package a notebook's code can reach, read from its imports without running it."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from functools import lru_cache
from pathlib import Path

_MAGIC = re.compile(r"^(\s*)[%!?].*|^(\s*)\S.*\?$", re.M)
_ASSIGNED = re.compile(r"^(\s*[\w ,.]+=)\s*[%!].*", re.M)
_EXTENSION = re.compile(r"^\s*%(?:re)?load_ext\s+([\w.]+)", re.M)
_PYTHON_CELLS = ("time", "timeit", "capture", "prun")  # magics whose cell is Python itself
_WORDS_ONLY = ("prose", "markdown", "html", "latex", "svg", "javascript")  # of which nothing runs
_HARMLESS = {"load_ext", "reload_ext", "matplotlib", "time", "timeit", "precision", "config"}
_LINE_MAGIC = re.compile(r"^(?:\s*|.*=\s*)(?:%(?!%)(\w+)|!)", re.M)
# Whoever names one of these may load or run what no import of the cell tells.
_DYNAMIC = {
    "import_module", "importlib", "__import__", "eval", "exec", "compile", "runpy", "run_path",
    "run_module", "get_ipython", "run_line_magic", "run_cell_magic",
}  # fmt: skip


def reached(notebook: Path, package: str = "research") -> frozenset[str]:
    """The modules of `package` that the code cells of `notebook` can come to import.

    Followed are all imports, lazy ones too, from module to module; a module's packages count with
    it. Where names are loaded when they are first asked for (`__getattr__`) the package counts
    whole; so does all of it where a cell may run what its imports do not tell: a module or notebook
    of its own folder, a magic such as `%run`, `import_module`, `eval`.
    """
    return reached_by(named(notebook, package), package)


def named(notebook: Path, package: str = "research") -> frozenset[str] | None:
    """What of `package` the code cells of `notebook` import by name; None where that is unsure."""
    beside = {path.name.partition(".")[0] for path in notebook.parent.iterdir()} - {package}
    return _named_by(tuple(code_cells(notebook)), package, frozenset(beside))


@lru_cache(maxsize=256)
def _named_by(
    sources: tuple[str, ...], package: str, beside: frozenset[str]
) -> frozenset[str] | None:
    found: set[str] = set()
    for source in sources:
        names = _named_by_cell(source, package, beside)
        if names is None:
            return None
        found |= names
    return frozenset(found)


def reached_by(names: Iterable[str] | None, package: str = "research") -> frozenset[str]:
    """The modules that code which imports `names` can come to import; all of them for None."""
    known = everything(package)
    modules = {module: known[name] for module, name in _modules_in(known).items()}
    return frozenset(modules) if names is None else _closure(set(names), modules, package)


def files(modules: Iterable[str], known: Iterable[str]) -> list[str]:
    """Those names of `everything` that are the sources of `modules`, and of the data beside them.

    Data belong to the nearest folder above them that is a package, and count when one of its
    modules does. In the order of the names.
    """
    names = list(known)
    sources = _modules_in(names)
    found = {sources[one] for one in modules}
    homes = {_above(name) for name in found}
    packages = {_above(name) for name in sources.values()}
    for name in set(names).difference(sources.values()):
        home = _above(name)
        while home and home not in packages:
            home = _above(home)
        if home in homes:
            found.add(name)
    return sorted(found)


def everything(package: str = "research") -> dict[str, Path]:
    """Name → file of all that the package consists of, its modules and the data beside them.

    A name is the path from the folder the package lies in, as `research/errors.py`. Raises
    LookupError when there is no such package.
    """
    folder = str(_folder(package))
    cut = len(folder) - len(package)
    found = {}
    for home, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".py") or not (name.endswith(".pyc") or name.startswith(".")):
                path = _path(os.path.join(home, name))  # noqa: PTH118 - a tenth of a Path's time
                found[str(path)[cut:].replace(os.sep, "/")] = path
    return dict(sorted(found.items()))


def code_cells(notebook: Path) -> list[str]:
    """The sources of the code cells of a notebook file, in order; raises as reading JSON does."""
    cells = json.loads(notebook.read_bytes())["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def _closure(found: set[str], modules: Mapping[str, Path], package: str) -> frozenset[str]:
    reached: set[str] = set()
    waiting = [*found]
    while waiting:
        for name in _resolved(waiting.pop(), modules):
            if name in reached:
                continue
            reached.add(name)
            waiting += _named_by_module(modules[name], name, package)
    return frozenset(reached)


def _resolved(name: str, modules: Mapping[str, Path]) -> Iterator[str]:
    """The modules that importing the dotted `name` runs; its last part may be no module."""
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        one = ".".join(parts[:count])
        if one in modules:
            yield one
            continue
        home = ".".join(parts[: count - 1])
        if home in modules and _is_lazy(modules[home]):
            yield from (other for other in modules if other.startswith(f"{home}."))
        return
    # `import package` lets any name of it be asked for later.
    if _is_lazy(modules[name]):
        yield from (other for other in modules if other.startswith(f"{name}."))


def _named_by_cell(source: str, package: str, beside: Set[str]) -> set[str] | None:
    """Dotted names of `package` that a cell imports; None where it may reach more than it names.

    `beside` are the names of what lies in the notebook's folder.
    """
    first, _, rest = source.lstrip().partition("\n")
    if first.startswith("%%"):
        magic = first[2:].split()[0] if first[2:].split() else ""
        if magic not in _PYTHON_CELLS:
            return set() if magic in _WORDS_ONLY else None
        more = first[2:].partition(magic)[2].strip()
        source = rest if more.startswith("-") else f"{more}\n{rest}"
    if any(magic not in _HARMLESS for magic in _LINE_MAGIC.findall(source)):
        return None
    named = {one for one in _EXTENSION.findall(source) if _is_of(one, package)}
    try:
        tree = ast.parse(source)
    except SyntaxError:
        plain = _ASSIGNED.sub(r"\1 None", source)
        plain = _MAGIC.sub(lambda found: f"{found[1] or found[2] or ''}pass", plain)
        try:
            tree = ast.parse(plain)
        except SyntaxError:
            return None
    if any(_DYNAMIC & _said(node) or beside & _imported(node) for node in ast.walk(tree)):
        return None
    return named | set(_names(tree, package, within=""))


def _said(node: ast.AST) -> set[str]:
    """The names that a node uses or imports."""
    if isinstance(node, ast.Name):
        return {node.id}
    if isinstance(node, ast.Attribute):
        return {node.attr}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {part for one in node.names for part in one.name.split(".")} | _imported(node)
    return set()


def _imported(node: ast.AST) -> set[str]:
    """The first parts of the modules that a node imports; a relative one is of the folder."""
    if isinstance(node, ast.Import):
        return {one.name.partition(".")[0] for one in node.names}
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").partition(".")[0]} if not node.level else set(_DYNAMIC)
    return set()


def _named_by_module(path: Path, module: str, package: str) -> frozenset[str]:
    within = module if path.name == "__init__.py" else module.rpartition(".")[0]
    state = path.stat()
    return _parsed(path, state.st_mtime_ns, state.st_size, within, package)[0]


def _is_lazy(path: Path) -> bool:
    if path.name != "__init__.py":
        return False
    state = path.stat()
    return _parsed(path, state.st_mtime_ns, state.st_size, "", "")[1]


@lru_cache(maxsize=4096)
def _parsed(
    path: Path, _changed: int, _size: int, within: str, package: str
) -> tuple[frozenset[str], bool]:
    tree = ast.parse(path.read_bytes())
    lazy = any(
        isinstance(node, ast.FunctionDef) and node.name == "__getattr__" for node in tree.body
    )
    return frozenset(_names(tree, package, within=within)), lazy


def _names(tree: ast.AST, package: str, *, within: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if _is_of(one.name, package))
        elif isinstance(node, ast.ImportFrom):
            home = node.module or ""
            if node.level:
                parts = within.split(".")
                base = ".".join(parts[: len(parts) - node.level + 1])
                home = f"{base}.{home}" if home else base
            if _is_of(home, package):
                yield from (f"{home}.{one.name}" for one in node.names)


def _is_of(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def _modules_in(names: Iterable[str]) -> dict[str, str]:
    """Dotted name of a module → its name among those of `everything`."""
    stems = {name: name[:-3] for name in names if name.endswith(".py")}
    return {stem.removesuffix("/__init__").replace("/", "."): name for name, stem in stems.items()}


def _above(name: str) -> str:
    return name.rpartition("/")[0]


_path = lru_cache(maxsize=4096)(Path)


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"{package} is not installed as a package.")
    return Path(spec.submodule_search_locations[0])
