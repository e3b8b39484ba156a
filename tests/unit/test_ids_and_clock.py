"""operation_ids sort by time and are safe in a URL; ticks never go back."""

from __future__ import annotations

import threading
import uuid

from pressrun.clock import SystemClock
from pressrun.ids import OperationIds, is_operation_id


def test_ids_are_uuid7_and_sort_in_the_order_of_their_making_over_threads() -> None:
    ids = OperationIds()
    made: list[list[str]] = []

    def make() -> None:
        made.append([ids.new() for _ in range(5_000)])

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(batch == sorted(batch) for batch in made)
    everything = {name for batch in made for name in batch}
    assert len(everything) == 20_000
    assert {uuid.UUID(name).version for name in everything} == {7}
    assert all(is_operation_id(name) for name in everything)


def test_what_is_no_id_never_passes_for_one() -> None:
    good = OperationIds().new()
    for bad in ("", "x", good.upper(), good + "\n", good[:-1], "../" + good, good.replace("-", "")):
        assert not is_operation_id(bad), bad


def test_ticks_do_not_go_back_and_belong_to_this_boot() -> None:
    clock = SystemClock()
    readings = [clock.ticks_s() for _ in range(1_000)]
    assert readings == sorted(readings)
    assert clock.epoch == SystemClock().epoch
    assert clock.now().tzinfo is not None
