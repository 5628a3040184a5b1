"""What tells one set of parameter files from any other."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def fingerprint(sources: Mapping[str, str]) -> str:
    """SHA-256 over files given as name → sha256 of the content, in the order of their names."""
    lines = "".join(f"{name} {sha}\n" for name, sha in sorted(sources.items()))
    return hashlib.sha256(lines.encode()).hexdigest()
