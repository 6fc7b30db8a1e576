"""Printing in a thread, as seen from the event loop."""

import asyncio
import threading

import pytest

from clusters.terminal.kubectl.long_prints import PIECE, print_in_thread


async def test_all_that_was_written_is_printed_in_order_on_the_event_loop():
    here, printed = threading.get_ident(), []

    def work(write):
        for number in range(3 * PIECE):
            write(f"{number}\n")
        return threading.get_ident()

    def out(text):
        assert threading.get_ident() == here
        printed.append(text)

    assert await print_in_thread(work, out) != here
    assert "".join(printed) == "".join(f"{number}\n" for number in range(3 * PIECE))


async def test_what_was_written_before_an_error_is_printed():
    printed = []

    def work(write):
        write("a")
        raise ValueError("b")

    with pytest.raises(ValueError, match="b"):
        await print_in_thread(work, printed.append)
    assert "".join(printed) == "a"


async def test_after_an_interrupt_the_work_ends_and_nothing_is_printed():
    begun, ended, printed = threading.Event(), threading.Event(), []

    def work(write):
        begun.set()
        try:
            while True:
                write("x")
        finally:
            ended.set()

    task = asyncio.create_task(print_in_thread(work, printed.append))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    before = len(printed)
    assert await asyncio.to_thread(ended.wait, 20)
    await asyncio.sleep(0)
    assert len(printed) == before
