"""Kernels forked from a process that has imported everything already: ready in a tenth of a second.

`prestart` is called by who will soon need kernels; the provisioner `research-warm` does the rest.
"""

from __future__ import annotations

from research.execution.warm.setup import MODULES, Setup
from research.execution.warm.zygotes import prestart, told_ahead

__all__ = ["MODULES", "Setup", "prestart", "told_ahead"]
