"""Which place in its node each pod is drawn at.

A pod takes the lowest free slot when it is bound and keeps it for life, so that its neighbours stay where
they are when it goes. The simulator remembers it in `simulation.slot`; what has none yet, or shares one,
gets the lowest slot that is left.
"""

from collections.abc import Iterable

from clusters.engine.objects import Object


def place(pods: Iterable[Object]) -> list[tuple[int, Object]]:
    """The pods of one node with their slots, sorted by slot."""
    placed: dict[int, Object] = {}
    homeless: list[Object] = []
    for pod in pods:
        slot = (pod.get("simulation") or {}).get("slot")
        if slot is None or slot in placed:
            homeless.append(pod)
        else:
            placed[slot] = pod
    free = 0
    for pod in homeless:
        while free in placed:
            free += 1
        placed[free] = pod
    return sorted(placed.items())


def needed(placed: list[tuple[int, Object]]) -> int:
    """How many slots a node must have for these pods."""
    return placed[-1][0] + 1 if placed else 0
