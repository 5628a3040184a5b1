"""Requirements among themselves: what is met is met somewhere."""

from __future__ import annotations

from research.errors import Fault
from research.params.checks.common import repeated
from research.params.where import Tree


def check_disclosures(disclosures: Tree) -> list[Fault]:
    """Each requirement has an id of its own; one that is met names its place, others name none."""
    faults = list(repeated(disclosures, "requirements"))
    for place, one in disclosures.records("requirements"):
        status, anchor = one.get("status"), one.get("anchor")
        if status == "met" and not anchor:
            problem = "is missing; what is met is met at a place of the note."
            hint = "Name a section, an exhibit or a heading, or `masthead`."
            faults.append(disclosures.fault((*place, "anchor"), problem, hint))
        if status in ("n.a.", "open") and anchor:
            problem = f"found a place although the status is `{status}`."
            hint = "Take it away, or set `status: met`."
            faults.append(disclosures.fault((*place, "anchor"), problem, hint))
    return faults
