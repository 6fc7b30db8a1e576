"""What the programs in containers ask of the network: those that somebody execs, main processes, probes.

Stands in for the sockets of a pod. The main process of a container cannot be asked what it is told: its
answers are put into its container's state, one after the other, each when its time has come, and with them
it is run again from its start (see replay.py). The calls of endless loops are never made, see loops.py.
"""

from typing import Final

from clusters.engine.clock import draw
from clusters.engine.images import Image
from clusters.engine.kubelet import inside, transcript
from clusters.engine.kubelet.pod_worker import PodWorker
from clusters.engine.kubelet.shell.effects import Ask, Connect, Resolve
from clusters.engine.network import Call, Network, Traffic, dns
from clusters.engine.objects import Key, Object, key_of, uid_of
from clusters.engine.store import Overlay

_ROUNDING: Final = 1e-3
"""Seconds by which a question may have been due later than now."""


def ask(network: Network, source: Key, effect: Ask) -> object:
    """The network's answer to a program in that pod."""
    if isinstance(effect, Connect):
        return network.request(source, effect.address, effect.port, effect.request, name=effect.name)
    if isinstance(effect, Resolve):
        pod = network.store.get(*source)
        found = dns.resolve(network.store, pod, effect.name, search=effect.search) if pod else None
        if found is not None:
            network.rng.shuffle(found.addresses)
        return found
    return network.answers_ping(source, effect.address)


def network_of(worker: PodWorker, traffic: Traffic | None = None) -> Network:
    """The network as the pod of a worker sees it now."""
    store, own = worker.store, uid_of(worker.pod)

    def listening(pod: Object) -> dict[int, Image]:
        return worker.listening() if uid_of(pod) == own else dict(inside.listening(store, pod, worker.now))

    return Network(store, listening, draw(store.seed, store.revision, f"calls/{own}"), worker.now, traffic)


def go_on(worker: PodWorker, container: Object, state: Object) -> None:
    """Answer what the container's process asks by now."""
    elapsed, answers = worker.now - state["since"], list(state["answers"])
    network = network_of(worker, _Told(worker.store))
    run = worker.replay(container)

    def answer(effect: Ask) -> object:
        if not transcript.has_room(answers):
            run.machine.now = float("inf")
            return None
        found = ask(network, key_of(worker.pod), effect)
        run.machine.now = max(elapsed, run.machine.now)
        answers.append(transcript.encode(run.machine.now, found))
        return found

    run.ask = answer
    run.run(until=elapsed + _ROUNDING)
    state["answers"] = answers


class _Told(Traffic):
    """Tells of calls together with the writes that they were made with, once those are committed."""

    def __init__(self, store: Overlay) -> None:
        super().__init__(0)
        self.store = store

    def record(self, call: Call) -> None:
        self.store.calls.append(call)
