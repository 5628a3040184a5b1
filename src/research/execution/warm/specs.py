"""Kernelspecs that name the provisioner `research-warm`: one in memory, one to install."""

from __future__ import annotations

from typing import Any

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


def stanza(setup: Setup) -> dict[str, Any]:
    """What a kernelspec's metadata say so that its kernels are forked."""
    config = {"modules": list(setup.modules), "preload": [list(one) for one in setup.preload]}
    return {"provisioner_name": PROVISIONER, "config": config}
