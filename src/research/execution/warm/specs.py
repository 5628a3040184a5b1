"""Kernelspecs that name the provisioner `research-warm`: one in memory, one to install."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpecManager

from research.execution.warm.setup import Setup

PROVISIONER = "research-warm"


class OwnKernel(KernelSpecManager):
    """Knows one kernel, this Python's own, and has it forked by a zygote of `setup`.

    The folders of kernelspecs are not searched: a `python3` left there by another environment
    would run the note with the wrong packages.
    """

    def __init__(self, setup: Setup, **traits: Any) -> None:
        super().__init__(kernel_dirs=[], **traits)
        self._setup = setup

    def get_kernel_spec(self, kernel_name: str) -> Any:
        """The spec of `kernel_name`, which is refused unless it is Python's own."""
        spec = super().get_kernel_spec(kernel_name)
        if kernel_name == NATIVE_KERNEL_NAME:
            spec.metadata = {**spec.metadata, "kernel_provisioner": stanza(self._setup)}
        return spec


def install(*, user: bool = False, prefix: str | None = None) -> Path:
    """Install the kernelspec `research-warm` for this Python and give its folder.

    It goes to the user's own folder or under `prefix`; OSError where that cannot be written.
    """
    spec = get_kernel_dict()
    spec["display_name"] = "Python 3 (research-warm)"
    spec["metadata"] = {**spec.get("metadata", {}), "kernel_provisioner": stanza(Setup())}
    # More threads than one in a zygote cannot be forked; the same number where it is not used.
    spec["env"] = {"OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as folder:
        text = f"{json.dumps(spec, indent=1)}\n"
        (Path(folder) / "kernel.json").write_text(text, encoding="utf-8")
        return Path(
            KernelSpecManager().install_kernel_spec(folder, PROVISIONER, user=user, prefix=prefix)
        )


def stanza(setup: Setup) -> dict[str, Any]:
    """What a kernelspec's metadata say so that its kernels are forked."""
    config = {"modules": list(setup.modules), "preload": [list(one) for one in setup.preload]}
    return {"provisioner_name": PROVISIONER, "config": config}
