"""What a forked child does to be the same as a freshly started kernel, and then runs."""

from __future__ import annotations

import importlib.util
import locale
import os
import random
import sys
import time
from contextlib import suppress

from research.execution.warm.life import die_with
from research.execution.warm.request import Request


def run_kernel(request: Request) -> None:
    """Run the kernel of `request` in this process until it is shut down."""
    die_with(request.zygote)
    os.setsid()
    _own_files(request)
    _own_environment(request)
    _fresh_seeds()
    if request.cwd is not None:
        os.chdir(request.cwd)
    launcher = importlib.util.find_spec("ipykernel_launcher")
    sys.argv = [str(launcher.origin) if launcher else "ipykernel_launcher", *request.argv]

    from ipykernel.kernelapp import IPKernelApp

    # The class has read JPY_PARENT_PID when it was imported, and its parent is the zygote.
    IPKernelApp.launch_instance(request.argv, parent_handle=request.zygote)


def _own_files(request: Request) -> None:
    out, err, _ = request.files
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, source in enumerate((nothing, out, err)):
        os.dup2(source, number)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))


def _own_environment(request: Request) -> None:
    os.environ.clear()
    os.environ.update(request.env)
    time.tzset()
    locale.setlocale(locale.LC_ALL, "C")
    with suppress(locale.Error):
        locale.setlocale(locale.LC_CTYPE, "")


def _fresh_seeds() -> None:
    # Python seeds `random` anew in each fork; numpy's global generator is not so careful.
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()
