"""Wake-ups never block, are bounded, and come back with Redis."""

from __future__ import annotations

import time

import redis

from farm.celery_app import make_app, queue_name
from farm.lanes import LANES
from farm.wakes import Waker
from tests.farm.workers.conftest import RedisChild


def waiting(url: str, lane: str) -> int:
    with redis.Redis.from_url(url) as client:
        return int(client.llen(queue_name(lane)))  # type: ignore[arg-type]


def until(url: str, lane: str, count: int) -> None:
    for _ in range(100):
        if waiting(url, lane) == count:
            return
        time.sleep(0.05)
    assert waiting(url, lane) == count


def test_a_heavy_lane_gets_no_more_than_four_a_worker(redis_child: RedisChild) -> None:
    waker = Waker(make_app(redis_child.url, lanes=LANES), redis_child.url)
    for _ in range(50):
        waker.wake("render", 10)
    until(redis_child.url, "render", 4)
    waker.wake("encode", 2)
    until(redis_child.url, "encode", 2)
    waker.close()
    assert waiting(redis_child.url, "render") == 4


def test_a_light_lane_gets_one_until_it_is_released(redis_child: RedisChild) -> None:
    waker = Waker(make_app(redis_child.url, lanes=LANES), redis_child.url)
    waker.wake("cards", 64)
    until(redis_child.url, "cards", 1)
    waker.wake("cards", 64)
    waker.released("cards")
    until(redis_child.url, "cards", 2)
    waker.close()


def test_wakes_that_found_no_redis_are_sent_when_it_is_back(redis_child: RedisChild) -> None:
    waker = Waker(make_app(redis_child.url, lanes=LANES), redis_child.url)
    waker.wake("render")
    until(redis_child.url, "render", 1)
    redis_child.kill()
    began = time.monotonic()
    waker.wake("export")
    assert time.monotonic() - began < 0.1
    redis_child.start()
    until(redis_child.url, "export", 1)
    waker.close()
