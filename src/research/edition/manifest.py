"""`edition.json`: what an edition was made from, what it says, and what files it consists of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from research.edition.ledger import Ledger
from research.edition.plan import Plan, worst
from research.errors import UsageError
from research.execution.cache.key import version_of
from research.gates import GateResult

NAME = "edition.json"
_OWN_KEYS = ("outlook", "claims", "forecasts", "outcomes")  # of records; others go together
_COMPUTES = (
    "matplotlib", "nbconvert", "numpy", "pandas", "papermill", "research", "scipy", "typst",
)  # fmt: skip


def manifest(
    plan: Plan,
    ledger: Ledger,
    *,
    gates: Sequence[GateResult],
    completed_at: str,
    files: Mapping[str, bytes],
) -> dict[str, Any]:
    """The record of one edition; the order of its keys is the order it is written in."""
    return {
        "note": plan.params.note.note,
        "edition": plan.edition,
        "title": plan.params.note.title,
        "as_of": plan.as_of.isoformat(),
        "as_of_asked": plan.as_of_asked,
        "as_of_note": plan.as_of_note,
        "completed_at": completed_at,
        "source": plan.source,
        "illustrative": plan.illustrative,
        "gates": {"status": worst(gates), "results": [gate.record() for gate in gates]},
        "method": plan.params.method.version,
        "params": {job.section: dict(job.parameters) for job in plan.jobs},
        "outlook": ledger.records.get("outlook"),
        "claims": ledger.records.get("claims", []),
        "forecasts": ledger.records.get("forecasts", []),
        "outcomes": ledger.records.get("outcomes", []),
        "records": {name: value for name, value in ledger.records.items() if name not in _OWN_KEYS},
        "facts": list(ledger.facts),
        "exhibits": list(ledger.exhibits),
        "inputs": inputs(plan),
        "outputs": {name: sha256(files[name]) for name in sorted(files)},
        "versions": versions(),
    }


def inputs(plan: Plan) -> dict[str, str]:
    """What the edition is made from, by a name that means the same on every machine."""
    found = dict(plan.params.sources)
    found |= {f"notebooks/{section}.ipynb": sha for section, sha in plan.notebooks.items()}
    found |= {f"market/{name}": sha for name, sha in plan.market_inputs.items()}
    found["memory"] = sha256(plan.memory)
    return dict(sorted(found.items()))


def versions() -> dict[str, str]:
    """The packages whose version can change a number or a page."""
    return {name: version_of(name) for name in _COMPUTES}


def encode(record: Mapping[str, Any]) -> bytes:
    """`record` as the bytes of `edition.json`."""
    text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def load(folder: Path) -> dict[str, Any]:
    """The manifest of the edition in `folder`; raises UsageError when there is none."""
    file = folder / NAME
    try:
        record = json.loads(file.read_bytes())
    except FileNotFoundError as error:
        raise UsageError(
            f"{folder} holds no edition: {NAME} is not there. Name an edition's folder, such as "
            "reports/mining-rally/2026-W05."
        ) from error
    except ValueError as error:
        raise UsageError(
            f"{file} is not readable as JSON ({error}); build the edition again."
        ) from error
    if not isinstance(record, dict) or "edition" not in record:
        raise UsageError(f"{file} is not an edition's manifest: it has no key `edition`.")
    return record


def sha256(content: bytes) -> str:
    """Hexadecimal SHA-256."""
    return hashlib.sha256(content).hexdigest()
