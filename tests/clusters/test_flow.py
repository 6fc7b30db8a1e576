"""An application that streams waits for a client that reads slowly, and for nobody who is gone."""

import asyncio

import pytest

from clusters.management.flow import Gate, gate_for, waits


class Request:
    """Daphne's request, as far as a gate needs it."""

    def __init__(self):
        self.producer = None

    def registerProducer(self, producer, streaming):  # noqa: N802
        assert self.producer is None
        assert streaming
        self.producer = producer

    def unregisterProducer(self):  # noqa: N802
        assert self.producer is not None
        self.producer = None


async def waiting(gate):
    task = asyncio.create_task(gate.passed())
    await asyncio.sleep(0)
    return task


async def test_an_open_gate_is_passed_at_once():
    task = await waiting(Gate())
    assert task.done()


@pytest.mark.parametrize("opens", [Gate.resumeProducing, Gate.stopProducing])
async def test_a_shut_gate_is_passed_when_the_connection_is_empty_or_closed(opens):
    gate = Gate()
    gate.pauseProducing()
    gate.pauseProducing()
    tasks = [await waiting(gate), await waiting(gate)]
    assert not any(task.done() for task in tasks)
    opens(gate)
    await asyncio.gather(*tasks)
    opens(gate)
    assert (await waiting(gate)).done()


async def test_who_gives_up_waiting_does_not_keep_others_from_passing():
    gate = Gate()
    gate.pauseProducing()
    impatient, patient = await waiting(gate), await waiting(gate)
    impatient.cancel()
    await asyncio.wait([impatient])
    gate.resumeProducing()
    await patient


async def test_one_gate_stands_from_the_first_part_of_an_answer_to_the_last():
    request, connection = Request(), {}
    gate = gate_for(request, connection, more=True)
    assert request.producer is gate
    assert gate_for(request, connection, more=True) is gate
    assert gate_for(request, connection, more=False) is None
    assert request.producer is None


async def test_an_answer_in_one_part_has_no_gate():
    request = Request()
    assert gate_for(request, {}, more=False) is None
    assert request.producer is None


def test_streams_and_terminals_wait_for_their_clients_and_drawings_do_not():
    assert waits({"type": "websocket.send", "bytes": b"x"})
    assert waits({"type": "websocket.send", "text": "x", "waits": True})
    assert not waits({"type": "websocket.send", "text": "x"})
    assert not waits({"type": "websocket.accept"})
