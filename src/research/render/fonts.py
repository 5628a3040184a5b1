"""The fonts we print with: Source Sans and Serif from their packages, DejaVu for rare signs."""

from __future__ import annotations

import atexit
import base64
import functools
import importlib.util
import io
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from research.errors import RenderError


@dataclass(frozen=True, kw_only=True)
class Face:
    """One font file and how a page asks for it."""

    family: str
    weight: int
    italic: bool
    package: str
    file: str

    @property
    def path(self) -> Path:
        """Where the installed package keeps it."""
        spec = importlib.util.find_spec(self.package)
        path = Path(spec.origin).parent / self.file if spec and spec.origin else None
        if path is None or not path.is_file():
            raise RenderError(
                f"font {self.file} is not in the package {self.package}; the page cannot be set "
                f"without it. Install the project again: pip install -e ."
            )
        return path


def _sans(weight: int, italic: bool, name: str) -> Face:
    file = f"files/SourceSansPro-{name}.otf"
    return Face(
        family="Source Sans Pro",
        weight=weight,
        italic=italic,
        package="font_source_sans_pro",
        file=file,
    )


REGULAR = _sans(400, False, "Regular")
SEMIBOLD = _sans(600, False, "Semibold")
ITALIC = _sans(400, True, "It")
SERIF = Face(
    family="Source Serif Pro",
    weight=600,
    italic=False,
    package="font_source_serif_pro",
    file="files/SourceSerifPro-Semibold.otf",
)
SIGNS = Face(
    family="DejaVu Sans",
    weight=400,
    italic=False,
    package="matplotlib",
    file="mpl-data/fonts/ttf/DejaVuSans.ttf",
)
PRINT = (
    REGULAR,
    SEMIBOLD,
    ITALIC,
    _sans(600, True, "SemiboldIt"),
    _sans(700, False, "Bold"),
    SERIF,
    SIGNS,
)
_SCREEN = (REGULAR, SEMIBOLD, ITALIC, SERIF)


@functools.cache
def folder() -> Path:
    """A folder with exactly the files of `PRINT`: which file wins never depends on a listing."""
    path = Path(tempfile.mkdtemp(prefix="research-fonts-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    for face in PRINT:
        target = path / Path(face.file).name
        try:
            target.symlink_to(face.path)
        except OSError:
            shutil.copyfile(face.path, target)
    return path


def covered(text: str) -> bool:
    """Whether every sign of `text` can be printed."""
    return not lacking(text)


def lacking(text: str) -> set[str]:
    """The signs of `text` that none of our text fonts has."""
    rare = set(_RARE.findall(text))
    return {c for c in rare if ord(c) not in _points()} - _INVISIBLE


_RARE = re.compile("[^\x00-\u017f]")  # what may be lacking: all else, and much more, they have
_INVISIBLE = set("\u200b\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f\u2028\u2029")


@functools.cache
def _points() -> frozenset[int]:
    return frozenset(_cmap(REGULAR)) | frozenset(_cmap(SIGNS))


@functools.cache
def _cmap(face: Face) -> dict[int, str]:
    with _open(face.path) as font:
        return dict(font.getBestCmap())


@functools.cache
def _advances(face: Face) -> dict[int, float]:
    with _open(face.path) as font:
        metrics, scale = font["hmtx"].metrics, font["head"].unitsPerEm
        return {code: metrics[name][0] / scale for code, name in font.getBestCmap().items()}


def _shaped(code: int) -> bool:
    return any(first <= code <= last for first, last in _SHAPED)


# Arabic, Hebrew, Indic, Thai and their like join and stack by tables that a subset has lost; the
# reader's own fonts have them.
_SHAPED = (
    (0x0590, 0x109F),
    (0x1700, 0x1CFF),
    (0xA800, 0xA8FF),
    (0xA980, 0xABFF),
    (0xFB1D, 0xFDFF),
    (0xFE70, 0xFEFE),
    (0x10800, 0x11FFF),
    (0x1E800, 0x1EFFF),
)


def width(text: str, *, size: float, bold: bool = False) -> float:
    """How wide `text` is set at `size`, same unit as `size`; kerning is left out."""
    return size * _ems(text, bold)


@functools.lru_cache(maxsize=1 << 14)  # the same few words and numbers are asked for again
def _ems(text: str, bold: bool) -> float:
    table = _advances(SEMIBOLD if bold else REGULAR)
    return sum(table.get(ord(c), 0.62) for c in text)


def _open(path: Path) -> Any:
    from fontTools.ttLib import TTFont

    return TTFont(path, lazy=True, recalcTimestamp=False)


def screen_faces(text: str, headings: str) -> tuple[tuple[Face, str, str], ...]:
    """Web fonts for a page that shows `text`: face, base64 WOFF, unicode-range.

    Only the signs shown are in; what Source Sans lacks comes from DejaVu Sans, but for scripts
    whose letters join.
    """
    shown = {ord(c) for c in set(text) if c >= " "} | set(range(0x20, 0x7F))
    rare = frozenset(shown - set(_cmap(REGULAR))) & frozenset(_cmap(SIGNS))
    rare = frozenset(code for code in rare if not _shaped(code))
    plain = frozenset(shown)
    found = [
        (face, _subset(face, frozenset(map(ord, headings)) if face is SERIF else plain), "")
        for face in _SCREEN
    ]
    if rare:
        ranges = ",".join(f"U+{code:X}" for code in sorted(rare))
        found.append((SIGNS, _subset(SIGNS, rare), ranges))
    return tuple(found)


@functools.lru_cache(maxsize=64)
def _subset(face: Face, codes: frozenset[int]) -> str:
    from fontTools import subset

    # TrueType outlines subset three times faster than CFF, and kerning tables cost more time
    # than all else together.
    path = face.path
    path = path.with_suffix(".ttf") if path.with_suffix(".ttf").is_file() else path
    options = subset.Options(
        layout_features=[],
        hinting=False,
        recalc_timestamp=False,
        name_IDs=[1, 2],
        notdef_outline=True,
    )
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "DSIG", "FFTM"]
    worker = subset.Subsetter(options)
    worker.populate(unicodes=codes)
    out = io.BytesIO()
    with _open(path) as font:
        worker.subset(font)
        font.flavor = "woff"
        font.save(out, reorderTables=True)
    return base64.b64encode(out.getvalue()).decode()
