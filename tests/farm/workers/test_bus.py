"""Messages reach those who listen, also after Redis went away and came back."""

from __future__ import annotations

import queue
from typing import Any

from farm.bus import JOBS, Bus, Change, Outcome, reply_channel
from tests.farm.workers.conftest import RedisChild

CHANGE = Change(owner="o", job_id="j", kind="still", state="running", revision=3)


def heard(bus: Bus, channel: str) -> tuple[queue.Queue[Any], Any]:
    messages: queue.Queue[Any] = queue.Queue()
    stop = bus.subscribe([channel], lambda _channel, message: messages.put(message))
    return messages, stop


def say_until_heard(bus: Bus, messages: queue.Queue[Any]) -> Any:
    for _ in range(100):
        bus.announce([CHANGE])
        try:
            return messages.get(timeout=0.1)
        except queue.Empty:
            continue
    raise AssertionError("nothing was heard")


def test_a_change_reaches_a_subscriber(redis_child: RedisChild) -> None:
    bus = Bus(redis_child.url)
    messages, stop = heard(bus, JOBS)
    message = say_until_heard(bus, messages)
    assert (message["job_id"], message["revision"]) == ("j", 3)
    stop()


def test_a_subscriber_survives_the_loss_of_redis(redis_child: RedisChild) -> None:
    bus = Bus(redis_child.url)
    messages, stop = heard(bus, JOBS)
    say_until_heard(bus, messages)
    redis_child.kill()
    assert bus.announce([CHANGE]) is False
    assert bus.ping() is False
    redis_child.start()
    while not messages.empty():
        messages.get()
    assert say_until_heard(bus, messages)["owner"] == "o"
    stop()


async def test_the_event_loop_listens_too(redis_child: RedisChild) -> None:
    import asyncio

    bus = Bus(redis_child.url)

    async def first() -> tuple[str, Any]:
        async for found in bus.listen(reply_channel("door")):
            return found
        raise AssertionError

    task = asyncio.create_task(first())
    while not task.done():
        await asyncio.to_thread(bus.reply, {"door": [Outcome(job_id="j", state="succeeded", result={"status": 201})]})
        await asyncio.sleep(0.05)
    channel, message = task.result()
    assert channel == reply_channel("door")
    assert message[0]["result"] == {"status": 201}
