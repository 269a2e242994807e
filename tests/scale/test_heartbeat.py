"""Which workers the watch kills."""

import os
from multiprocessing import get_context

from xray_resnet.scale.heartbeat import Heartbeats


def vanish_at_work(heartbeats: Heartbeats) -> None:
    with heartbeats.at_work(1, 7):
        os._exit(0)


def test_a_worker_that_has_died_by_itself_need_not_be_killed() -> None:
    context = get_context("forkserver")
    heartbeats = Heartbeats(context, 4)
    worker = context.Process(target=vanish_at_work, args=(heartbeats,))
    worker.start()
    worker.join()
    assert heartbeats.kill_silent(0) == {7}


def test_a_worker_without_an_item_is_never_silent() -> None:
    heartbeats = Heartbeats(get_context("forkserver"), 4)
    with heartbeats.at_work(1, 7):
        pass
    assert heartbeats.kill_silent(0) == set()
    assert (heartbeats.has_begun(1, 7), heartbeats.has_begun(0, 7)) == (True, False)


def test_a_cleared_slot_is_of_a_worker_that_has_begun_nothing() -> None:
    heartbeats = Heartbeats(get_context("forkserver"), 4)
    with heartbeats.at_work(1, 7):
        heartbeats.clear(1)
        assert heartbeats.kill_silent(0) == set()
    assert not heartbeats.has_begun(1, 7)
