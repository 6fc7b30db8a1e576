"""Which pod IPs a node has, and which of them a new pod gets.

Models kube-controller-manager's range allocator (`pkg/controller/nodeipam/ipam/range_allocator.go`) and
the CNI plugin host-local. Left out: IPv6 and ranges of other sizes than /24. Unlike host-local, an address
is not given again before the whole range was used up, and then the longest unused one comes first, so that
a learner can tell pods apart by their IPs.

One IPAMBlock a node, of the same name: `{"number", "cidr", "next", "freed", "retired"}`. `next` is the
lowest host number never given, `freed` are those given back, by the order in which that was noticed,
`retired` is when the node went away, in simulated seconds. Number 0 is no range of this allocator.
"""

from typing import Final

from clusters.engine.cluster import POD_CIDR
from clusters.engine.objects import Key, Object, name_of, with_value
from clusters.engine.store import MemoryStore, Overlay

KIND: Final = "IPAMBlock"
FIRST_HOST: Final = 2
LAST_HOST: Final = 254
"""Host number 1 is the node's end of the bridge, 0 and 255 name the network itself."""
LAST_RANGE: Final = 255
_CLUSTER_PREFIX: Final = ".".join(POD_CIDR.split(".")[:2])


def claim_range(store: Overlay, node_name: str) -> Object:
    """The block of a node that is about to be created: its own from before, a fresh one, or an old one.

    A node that comes back under its name has its range again. When all ranges have been used, the node
    gets the one whose node has been away for longest. Raises LookupError if all are in use.
    """
    block = store.get(KIND, "", node_name)
    if block is not None:
        if block["spec"]["number"]:
            return store.update(with_value(block, ("spec", "retired"), None))
        store.delete(Key(KIND, "", node_name))
    number = next_number(store)
    if number <= LAST_RANGE:
        spec = {"number": number, "cidr": f"{_CLUSTER_PREFIX}.{number}.0/24", "next": FIRST_HOST, "freed": []}
    else:
        retired = [b for b in store.list(KIND) if b["spec"]["number"] and b["spec"]["retired"] is not None]
        if not retired:
            raise LookupError("all ranges of pod IPs are in use")
        oldest = min(retired, key=lambda block: (block["spec"]["retired"], block["spec"]["number"]))
        store.delete(Key(KIND, "", name_of(oldest)))
        spec = oldest["spec"]
    metadata = {"name": node_name}
    return store.create(
        {"apiVersion": "lifelines/v1", "kind": KIND, "metadata": metadata, "spec": {**spec, "retired": None}}
    )


def next_number(store: MemoryStore) -> int:
    """The lowest number higher than that of every range that was ever claimed."""
    return max((block["spec"]["number"] for block in store.list(KIND)), default=0) + 1


def retire(store: Overlay, node_name: str) -> float:
    """Note that the node is gone; returns since when, in simulated seconds."""
    block = store.get(KIND, "", node_name) or _adopted(store, node_name, "")
    since: float | None = block["spec"]["retired"]
    if since is None:
        since = store.now
        store.update(with_value(block, ("spec", "retired"), since))
    return since


def reclaim_range(store: Overlay, node: Object) -> None:
    """A node comes back with the range that it had: its block goes on from where it is now.

    If another node has had the range since, that one is gone, and the two blocks change places.
    """
    name, cidr = name_of(node), (node.get("spec") or {}).get("podCIDR")
    own = store.get(KIND, "", name)
    holder = next((block for block in store.list(KIND) if cidr and block["spec"]["cidr"] == cidr), None)
    if holder is None:
        return
    spec = {**holder["spec"], "retired": None}
    if own is None:
        store.delete(Key(KIND, "", name_of(holder)))
        store.create({**holder, "metadata": {"name": name}, "spec": spec})
        return
    if own is not holder:
        store.update({**holder, "spec": {**own["spec"], "retired": store.now}})
    store.update({**own, "spec": spec})


def move_retirements(store: Overlay, past: MemoryStore, seconds: int) -> None:
    """Nodes that were gone in `past` and are gone again have been away for as long as they had been then.

    `seconds` have passed since. Of nodes that nobody knew then, this stays as it is.
    """
    for block in store.list(KIND):
        before = past.get(KIND, "", name_of(block))
        if before is not None and store.get("Node", "", name_of(block)) is None:
            since = before["spec"]["retired"]
            since = store.now if since is None else since + seconds
            store.update(with_value(block, ("spec", "retired"), since))


def allocate(store: Overlay, node: Object) -> str:
    """A pod IP from the node's range. Raises LookupError if all its addresses are in use."""
    name = name_of(node)
    cidr = node["spec"]["podCIDR"]
    prefix = cidr.rpartition(".")[0]
    block = store.get(KIND, "", name) or _adopted(store, name, cidr)
    spec = block["spec"]
    freed = _freed(store, name, prefix, spec)
    host = spec["next"]
    if host <= LAST_HOST:
        spec = {**spec, "next": host + 1, "freed": freed}
    elif freed:
        host = freed[0]
        spec = {**spec, "freed": freed[1:]}
    else:
        raise LookupError(f"no IP addresses available in range set: {prefix}.1-{prefix}.{LAST_HOST}")
    store.update({**block, "spec": spec})
    return f"{prefix}.{host}"


def _freed(store: Overlay, name: str, prefix: str, spec: Object) -> list[int]:
    """Host numbers given and not in use; those that were not known to be free come last."""
    used = {
        int(host)
        for pod in store.indexed("pods-by-node", name)
        for network, _, host in [((pod.get("status") or {}).get("podIP") or "").rpartition(".")]
        if network == prefix
    }
    # A pod that lives again holds an address that it had given back.
    known = [host for host in spec["freed"] if host not in used]
    if len(used) + len(known) == spec["next"] - FIRST_HOST:
        return known
    return [*known, *sorted(set(range(FIRST_HOST, spec["next"])) - used - set(known))]


def _adopted(store: Overlay, name: str, cidr: str) -> Object:
    """The block of a node that claimed none: somebody else chose its range, or it never existed."""
    spec = {"number": 0, "cidr": cidr, "next": FIRST_HOST, "freed": [], "retired": None}
    return store.create(
        {"apiVersion": "lifelines/v1", "kind": KIND, "metadata": {"name": name}, "spec": spec}
    )
