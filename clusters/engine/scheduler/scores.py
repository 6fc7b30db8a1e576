"""Which of the nodes that a pod can run on are the better ones.

Models noderesources/least_allocated and the system default constraints of podtopologyspread
(`pkg/scheduler/framework/plugins`). Left out: balanced allocation, image locality, preferred affinities
and taints of effect PreferNoSchedule. Where upstream assumes small requests for pods that have none, the
number of pods counts here beside CPU and memory.

Scores are from 0 to 100, as upstream's.
"""

from functools import lru_cache
from typing import Final

from clusters.engine.scheduler.node_info import NodeInfo

SPREAD_WEIGHT: Final = 2


@lru_cache(maxsize=4096)
def least_allocated(info: NodeInfo, request: tuple[int, int], usage: tuple[int, ...]) -> int:
    """The mean of the parts of CPU, memory and pods that stay free.

    Remembered, because from one pod to the next only one node changes.
    """
    used_cpu, used_memory, pods = usage
    cpu = 100 * (info.cpu - used_cpu - request[0]) // (info.cpu or 1)
    memory = 100 * (info.memory - used_memory - request[1]) // (info.memory or 1)
    return (cpu + memory + 100 * (info.pods - pods - 1) // (info.pods or 1)) // 3


def spread(counts: list[int]) -> list[int]:
    """For how many pods of the same controller each node has: few are good. Weighted."""
    most = max(counts)
    if not most:
        return [100 * SPREAD_WEIGHT] * len(counts)
    return [SPREAD_WEIGHT * (100 * (most - count) // most) for count in counts]
