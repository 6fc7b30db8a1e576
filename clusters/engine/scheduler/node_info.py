"""What the scheduler knows about the nodes, read once per version of a Node.

Models the scheduler's cache and snapshot (`pkg/scheduler/backend/cache`, `framework.NodeInfo`). Left out:
the cache of assumed pods: what pods use up on a node is a tally that the store keeps.
"""

from collections.abc import Callable
from dataclasses import dataclass
from operator import is_
from typing import Final

from clusters.engine import quantities
from clusters.engine.objects import Object, labels_of, name_of
from clusters.engine.store import MemoryStore


@dataclass(frozen=True, slots=True, eq=False)
class NodeInfo:
    """A node as filters and scores look at it. `cpu` in thousandths, `memory` in bytes, `pods` a number."""

    node: Object
    name: str
    labels: dict[str, str]
    unschedulable: bool
    taints: tuple[Object, ...]
    cpu: int
    memory: int
    pods: int


Verdict = tuple[list[NodeInfo], list[tuple[str, ...]]]

_JUDGED_FIELDS: Final = ("nodeSelector", "affinity", "tolerations")


def node_info(node: Object) -> NodeInfo:
    spec, allocatable = node.get("spec") or {}, (node.get("status") or {}).get("allocatable") or {}
    taints = spec.get("taints") or ()
    return NodeInfo(
        node=node,
        name=name_of(node),
        labels=labels_of(node),
        unschedulable=bool(spec.get("unschedulable")),
        taints=tuple(taint for taint in taints if taint["effect"] in ("NoSchedule", "NoExecute")),
        cpu=quantities.milli(allocatable.get("cpu", 0)),
        memory=quantities.whole(allocatable.get("memory", 0)),
        pods=quantities.whole(allocatable.get("pods", 0)),
    )


class Snapshot:
    """The nodes as they were at the last `update`, sorted by name, and which of them suit a kind of pod."""

    def __init__(self) -> None:
        self.infos: list[NodeInfo] = []
        self._nodes: list[Object] = []
        self._judged: tuple[list[object], Verdict] | None = None

    def update(self, store: MemoryStore) -> None:
        """Read again the nodes that have changed."""
        nodes = store.list("Node")
        if len(nodes) == len(self._nodes) and all(map(is_, nodes, self._nodes)):
            return
        known = {id(info.node): info for info in self.infos}
        self.infos = [known.get(id(node)) or node_info(node) for node in nodes]
        self._nodes = nodes
        self._judged = None

    def suitable(self, spec: Object, judge: Callable[[Object, NodeInfo], tuple[str, ...]]) -> Verdict:
        """The nodes that `judge` finds nothing against, and what it has against the others.

        `judge` looks at the pod's spec only, and pods that come one after the other are mostly from one
        template: the last verdict is kept.
        """
        asked = [spec.get(field) for field in _JUDGED_FIELDS]
        if self._judged is None or self._judged[0] != asked:
            found = [(info, judge(spec, info)) for info in self.infos]
            verdict = [info for info, why in found if not why], [why for _info, why in found if why]
            self._judged = asked, verdict
        return self._judged[1]
