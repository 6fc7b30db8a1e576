"""Which of the nodes that a pod can run on are the better ones.

Models noderesources/least_allocated and the system default constraints of podtopologyspread
(`pkg/scheduler/framework/plugins`). Left out: balanced allocation, image locality, preferred affinities
and taints of effect PreferNoSchedule. Where upstream assumes small requests for pods that have none, the
number of pods counts here beside CPU and memory.

Scores are from 0 to 100, as upstream's.
"""

from typing import Final

from clusters.engine.scheduler.node_info import NodeInfo

SPREAD_WEIGHT: Final = 2


def least_allocated(info: NodeInfo, request: tuple[int, int], usage: tuple[int, ...]) -> int:
    """The mean of the parts of CPU, memory and pods that stay free."""
    used_cpu, used_memory, pods = usage
    cpu = 100 * (info.cpu - used_cpu - request[0]) // (info.cpu or 1)
    memory = 100 * (info.memory - used_memory - request[1]) // (info.memory or 1)
    return (cpu + memory + 100 * (info.pods - pods - 1) // (info.pods or 1)) // 3


def spread(count: int, most: int) -> int:
    """`count` pods of the same controller are on the node, `most` is the highest such number."""
    return 100 * (most - count) // most if most else 100
