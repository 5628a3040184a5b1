"""Kernels forked from where their functions ahead were called before this command began.

What is at hand was called for an earlier command, so that who takes it has to know that nothing it
was made of has changed since.
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from research.execution.warm import wire
from research.execution.warm.setup import Ahead, Setup
from research.execution.warm.zygotes import Zygote, adopt


@dataclass(frozen=True, kw_only=True)
class _Offer:
    """A zygote, the functions it calls, and where it will say that it has."""

    zygote: Zygote
    ahead: list[Any]
    channel: socket.socket


_offered: _Offer | None = None  # a process is forked with one at most


def offer(zygote: Zygote, ahead: Ahead) -> None:
    """Have a `zygote` at hand that has called `ahead`, or is about to."""
    global _offered
    _offered = _Offer(zygote=zygote, ahead=_plain(ahead), channel=zygote.telling(()))


def said(setup: Setup) -> Any:
    """What the first function called there gave, where all that `setup` calls ahead are called.

    None where there is no such zygote; nobody is waited for.
    """
    one = _offered
    if one is None or not setup.preload:
        return None
    if any(call not in one.ahead for call in _plain(setup.preload)):
        return None
    if not select.select([one.channel], [], [], 0)[0]:
        return None
    heard = wire.receive(one.channel)
    return heard[0] if heard else None


def take(setup: Setup, *, env: Mapping[str, str]) -> None:
    """Have kernels of this set-up forked from what is at hand from now on."""
    if _offered is not None:
        adopt((sys.executable,), {**os.environ, **env}, setup.modules, _offered.zygote)


def _plain(ahead: Ahead) -> list[Any]:
    plain: list[Any] = json.loads(json.dumps(list(ahead)))
    return plain
