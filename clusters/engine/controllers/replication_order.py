"""Which pods a ReplicaSet or a ReplicationController deletes first when it has too many.

Models ActivePodsWithRanks in `pkg/controller/controller_utils.go`, with the logarithmic comparison of
ages that is on by default there: of two pods of similar age either may go.
"""

import math
from collections import Counter
from typing import Final

from clusters.engine.clock import parse_rfc3339
from clusters.engine.controllers.replication_status import ready_at
from clusters.engine.objects import Object, annotations_of, is_ready, simulation_of, uid_of

DELETION_COST: Final = "controller.kubernetes.io/pod-deletion-cost"
_PHASES: Final = {"Pending": 0, "Unknown": 1, "Running": 2}


def pods_to_delete(pods: list[Object], count: int, now: float) -> list[Object]:
    """`count` of these pods, those that are missed least."""
    if count >= len(pods):
        return pods
    crowd = Counter(pod["spec"].get("nodeName", "") for pod in pods)
    ranked = sorted(pods, key=lambda pod: _rank(pod, crowd[pod["spec"].get("nodeName", "")], now))
    return ranked[:count]


def _rank(pod: Object, neighbours: int, now: float) -> tuple[object, ...]:
    """What is compared, the most important first; the smaller goes earlier."""
    ready = is_ready(pod)
    created = parse_rfc3339(pod["metadata"]["creationTimestamp"]) + simulation_of(pod).get("moved", 0)
    return (
        bool(pod["spec"].get("nodeName")),
        _PHASES.get(pod["status"].get("phase", "Pending"), 2),
        ready,
        deletion_cost(pod),
        -neighbours,
        _age(ready_at(pod), now) if ready else 0,
        -_restarts(pod),
        _age(created, now),
        uid_of(pod),
    )


def deletion_cost(pod: Object) -> int:
    """The cost that the pod's annotation names; 0 if there is none or it is no number."""
    try:
        return int(annotations_of(pod).get(DELETION_COST, "0"))
    except ValueError:
        return 0


def _age(since: float, now: float) -> int:
    """The age on a scale of powers of two, as upstream counts it: in nanoseconds."""
    nanoseconds = (now - since) * 1e9
    return int(math.log2(nanoseconds)) if nanoseconds >= 1 else -1


def _restarts(pod: Object) -> int:
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    return max((status.get("restartCount", 0) for status in statuses), default=0)
