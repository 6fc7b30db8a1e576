"""What the scheduler knows about the nodes, read once per version of a Node.

Models the scheduler's cache and snapshot (`pkg/scheduler/backend/cache`, `framework.NodeInfo`). Left out:
the cache of assumed pods: what pods use up on a node is a tally that the store keeps.
"""

from dataclasses import dataclass

from clusters.engine import quantities
from clusters.engine.objects import Object, labels_of, name_of
from clusters.engine.store import MemoryStore


@dataclass(frozen=True, slots=True)
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
    """The nodes at the time of the last `update`, sorted by name."""

    def __init__(self) -> None:
        self.infos: list[NodeInfo] = []
        self._nodes: list[Object] = []

    def update(self, store: MemoryStore) -> None:
        """Read again the nodes that have changed. A fresh list of `infos` says that there were any."""
        nodes = store.list("Node")
        if len(nodes) == len(self._nodes) and all(map(_is, nodes, self._nodes)):
            return
        known = {id(info.node): info for info in self.infos}
        self.infos = [known.get(id(node)) or node_info(node) for node in nodes]
        self._nodes = nodes


def _is(one: Object, other: Object) -> bool:
    return one is other
