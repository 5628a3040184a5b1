"""The client that knows a kernel for ready by its answers."""

from __future__ import annotations

import asyncio
from queue import Empty
from typing import Any

import pytest

from research.execution.ready import ReadyClient


class Channel:
    """Gives the messages it was made with, then none."""

    def __init__(self, *parents: str) -> None:
        self.messages = [{"parent_header": {"msg_id": one}, "content": {}} for one in parents]

    async def get_msg(self, timeout: float) -> Any:
        if not self.messages:
            raise Empty
        return self.messages.pop(0)


def client(shell: Channel, iopub: Channel, *, alive: bool) -> ReadyClient:
    class Told(ReadyClient):
        shell_channel = shell
        iopub_channel = iopub
        asked = 0

        def kernel_info(self) -> str:
            self.asked += 1
            return f"q{self.asked}"

        async def is_alive(self) -> bool:
            return alive

        def _handle_kernel_info_reply(self, message: Any) -> None:
            self.known = message

    return Told()


def test_messages_of_others_are_passed_over_and_nothing_more_is_waited_for() -> None:
    iopub = Channel("other", "q1", "q1")
    one = client(Channel("other", "q1"), iopub, alive=True)
    asyncio.run(one.wait_for_ready(timeout=5))
    assert one.known["parent_header"]["msg_id"] == "q1"
    assert len(iopub.messages) == 1


def test_a_kernel_whose_iopub_is_not_yet_heard_is_asked_again() -> None:
    one = client(Channel("q1", "q2"), Channel(), alive=True)
    answers = iter([Channel(), Channel("q2")])
    type(one).iopub_channel = property(lambda self: next(answers))
    asyncio.run(one.wait_for_ready(timeout=5))
    assert one.asked == 2


@pytest.mark.parametrize(
    ("alive", "told"),
    [(False, "died before replying to kernel_info"), (True, "didn't respond in 0 seconds")],
)
def test_a_kernel_that_does_not_answer_is_told(alive: bool, told: str) -> None:
    one = client(Channel(), Channel(), alive=alive)
    with pytest.raises(RuntimeError, match=told):
        asyncio.run(one.wait_for_ready(timeout=0))
