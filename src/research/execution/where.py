"""Which line of a cell failed, read from its traceback."""

from __future__ import annotations

import re

_NEXT_ERROR = re.compile(
    r"^(?:The above exception was the direct cause|During handling of the above exception)", re.M
)
_OWN_FRAME = re.compile(r"^\s*Cell In\[\d+\], line (\d+)", re.M)
_TIMED_FRAME = re.compile(r"^File <timed exec>:(\d+)", re.M)


def failing_line(source: str, traceback: str) -> str:
    """The line of the cell `source` at which `traceback` (plain text) entered what failed.

    Where it names none, as after a timeout: the first that is neither magic nor comment.
    """
    lines = source.splitlines()
    while lines and not lines[0].strip():  # IPython counts from the first line with content
        del lines[0]
    # Of errors that led to one another the last is told, and its outermost frame is the cell's.
    last = _NEXT_ERROR.split(traceback)[-1]
    if lines and lines[0].startswith("%%"):
        del lines[0]
        frame = _TIMED_FRAME.search(last)
    else:
        frame = _OWN_FRAME.search(last)
    if frame and 0 < int(frame[1]) <= len(lines) and (line := lines[int(frame[1]) - 1].strip()):
        return line
    told = [line.strip() for line in lines if line.strip() and not line.startswith("%")]
    return next((line for line in told if not line.startswith("#")), told[0] if told else "")
