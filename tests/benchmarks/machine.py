"""What was measured on: machine, versions, load. No path and no name of a host."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

PACKAGES = (
    "research", "papermill", "nbclient", "nbconvert", "jupyter-client", "ipykernel",
    "ploomber-engine", "playwright", "typst", "pandas", "numpy", "matplotlib",
)  # fmt: skip
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
IDLE = 0.25  # load average per core up to which a machine counts as idle


def machine() -> dict[str, str]:
    """Cores, processor, memory, system, Python and the versions of all that is compared."""
    told = {
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores()),
        "processor": _processor(),
        "memory": _memory(),
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
    }
    for name in PACKAGES:
        told[name] = version_of(name) or "not installed"
    told["Chromium"] = _browser_version()
    return told


def apart_folder() -> Path:
    """Where peers are installed that would else be imported by papermill in every process."""
    return Path(sys.prefix) / "peers"


def version_of(name: str) -> str | None:
    """The version of a package that is installed, here or apart; None where it is not."""
    places = [*sys.path, str(apart_folder())]
    return next((one.version for one in distributions(name=name, path=places)), None)


def cores() -> int:
    """How many cores there are."""
    return os.cpu_count() or 1


def load() -> float:
    """The load average of the last minute; 0 where the system keeps none."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def busy(average: float, count: int) -> str:
    """A warning when the machine is not idle, else nothing."""
    if average <= IDLE * count:
        return ""
    return (
        f"Warning: the load average is {average:.1f} on {count} cores before the first run. "
        "Times will be long and ratios uncertain; run again when the machine is idle."
    )


def browser() -> str | None:
    """The Chromium of this machine, None where there is none."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def _browser_version() -> str:
    found = browser()
    if not found:
        return "not installed"
    told = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    return " ".join(told.split()[1:2]) or "unknown"


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"


def _memory() -> str:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return "unknown"
    return f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB"
