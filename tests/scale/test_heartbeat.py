"""Which workers the watch kills."""

import os
from multiprocessing import get_context

from xray_resnet.scale.heartbeat import Heartbeats


def vanish_at_work(heartbeats: Heartbeats) -> None:
    with heartbeats.at_work(7):
        os._exit(0)


def test_a_worker_that_has_died_by_itself_need_not_be_killed() -> None:
    context = get_context("forkserver")
    heartbeats = Heartbeats(context, 4)
    worker = context.Process(target=vanish_at_work, args=(heartbeats,))
    worker.start()
    worker.join()
    heartbeats.kill_silent(0)
    assert heartbeats.items_at_work() == {7}


def test_a_worker_without_an_item_is_never_silent() -> None:
    heartbeats = Heartbeats(get_context("forkserver"), 4)
    with heartbeats.at_work(7):
        pass
    heartbeats.kill_silent(0)
    assert (heartbeats.items_at_work(), heartbeats.begun_items()) == (set(), {7})
