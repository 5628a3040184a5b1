"""What the editions of a note foretold and what came of it; read here, written by `edition`."""

from research.memory.recall import ENVIRONMENT, Memory, reports_beside

__all__ = ["ENVIRONMENT", "Memory", "reports_beside"]
