"""Nodes.

Models describeNode of kubectl's `pkg/describe/describe.go`.
"""

from typing import Any, Final

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.tables.columns import part, parts, text, texts
from clusters.engine.objects import Object
from clusters.terminal.kubectl.describe import fields
from clusters.terminal.kubectl.describe.events import describe_events
from clusters.terminal.kubectl.describe.fields import UNSET, time_text, written
from clusters.terminal.kubectl.describe.node_resources import describe_node_resources
from clusters.terminal.kubectl.describe.prefix_writer import LEVEL_0, LEVEL_1, PrefixWriter
from clusters.terminal.kubectl.describe.request import Request

_ROLE_PREFIX: Final = "node-role.kubernetes.io/"
_POOLS_SHOWN: Final = 10
_ROLE: Final = "kubernetes.io/role"
_CONDITIONS: Final = "Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n"
_SYSTEM_INFO: Final = (
    ("Machine ID", "machineID"),
    ("System UUID", "systemUUID"),
    ("Boot ID", "bootID"),
    ("Kernel Version", "kernelVersion"),
    ("OS Image", "osImage"),
    ("Operating System", "operatingSystem"),
    ("Architecture", "architecture"),
    ("Container Runtime Version", "containerRuntimeVersion"),
    ("Kubelet Version", "kubeletVersion"),
)


async def node(request: Request, w: PrefixWriter) -> None:
    """Describes a node. The Events of its kubelet are about its name, those of controllers about its uid."""
    found = await request.get()
    pods = await _pods(request)
    events: list[Object] = []
    if request.settings.show_events:
        events = await request.events(found)
        events += await request.events(found, uid=request.name)
    slices = await _resource_slices(request)
    lease = await _lease(request)
    describe_node(found, lease, slices, w)
    if pods is None:
        w.write(LEVEL_0, "Pods:\tnot authorized\n")
    else:
        describe_node_resources(pods, found, w, request.now)
    if request.settings.show_events:
        describe_events(events, w, request.now)


async def _pods(request: Request) -> list[Object] | None:
    """The pods on the node that have not ended, None if they may not be seen."""
    selector = f"spec.nodeName={request.name},status.phase!=Succeeded,status.phase!=Failed"
    try:
        return await request.list_all("/api/v1/pods", fieldSelector=selector)
    except StatusError as error:
        if error.reason != "Forbidden":
            raise
        return None


async def _resource_slices(request: Request) -> list[Object]:
    path = "/apis/resource.k8s.io/v1/resourceslices"
    try:
        return await request.list_all(path, chunked=False, fieldSelector=f"spec.nodeName={request.name}")
    except StatusError:
        return []


async def _lease(request: Request) -> Object | str:
    """The Lease that the kubelet renews, or why it cannot be had."""
    path = f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{request.name}"
    try:
        found = await request.k.client.get(path)
    except StatusError as error:
        return str(error)
    return found


def describe_node(found: Object, lease: Object | str, slices: list[Object], w: PrefixWriter) -> None:
    """Write all about a node but its pods and Events."""
    metadata, spec, status = (part(found, field) for field in ("metadata", "spec", "status"))
    w.write(LEVEL_0, f"Name:\t{text(metadata, 'name')}\n")
    w.write(LEVEL_0, f"Roles:\t{','.join(_roles(part(metadata, 'labels'))) or '<none>'}\n")
    fields.labels_and_annotations(w, found)
    w.write(LEVEL_0, f"CreationTimestamp:\t{time_text(metadata.get('creationTimestamp'))}\n")
    taints = sorted(parts(spec, "taints"), key=lambda t: f"{text(t, 'effect')},{text(t, 'key')}")
    fields.multiline(w, "Taints", [_taint(taint) for taint in taints])
    w.write(LEVEL_0, f"Unschedulable:\t{fields.lower_bool(fields.flag(spec, 'unschedulable'))}\n")
    _describe_lease(lease, w)
    _conditions(parts(status, "conditions"), w)
    w.write(LEVEL_0, "Addresses:\n")
    for address in parts(status, "addresses"):
        w.write(LEVEL_1, f"{text(address, 'type')}:\t{text(address, 'address')}\n")
    for title in ("Capacity", "Allocatable"):
        _amounts(title, part(status, title.lower()), w)
    _describe_resource_slices(slices, w)
    _system_info(spec, part(status, "nodeInfo"), w)


def _roles(labels: Object) -> list[str]:
    named = {key.removeprefix(_ROLE_PREFIX) for key in labels if key.startswith(_ROLE_PREFIX)}
    return sorted((named | {text(labels, _ROLE)}) - {""})


def _taint(taint: Object) -> str:
    key, value, effect = (text(taint, field) for field in ("key", "value", "effect"))
    said = f"{key}={value}" if value else key
    return f"{said}:{effect}" if effect or value else said


def _describe_lease(lease: Object | str, w: PrefixWriter) -> None:
    if isinstance(lease, str):
        w.write(LEVEL_0, f"Lease:\tFailed to get lease: {lease}\n")
        return
    spec = part(lease, "spec")
    w.write(LEVEL_0, "Lease:\n")
    w.write(LEVEL_1, f"HolderIdentity:\t{written(spec.get('holderIdentity'), UNSET)}\n")
    for title, field in (("AcquireTime", "acquireTime"), ("RenewTime", "renewTime")):
        stamp: Any = spec.get(field)
        w.write(LEVEL_1, f"{title}:\t{time_text(stamp) if stamp else UNSET}\n")


def _conditions(conditions: list[Object], w: PrefixWriter) -> None:
    if not conditions:
        return
    w.write(LEVEL_0, f"Conditions:\n  {_CONDITIONS}")
    w.write(LEVEL_1, "----\t------\t-----------------\t------------------\t------\t-------\n")
    for condition in conditions:
        cells = (
            text(condition, "type"),
            text(condition, "status"),
            time_text(condition.get("lastHeartbeatTime")),
            time_text(condition.get("lastTransitionTime")),
            text(condition, "reason"),
        )
        w.write(LEVEL_1, "".join(f"{cell} \t" for cell in cells) + f"{text(condition, 'message')}\n")


def _amounts(title: str, amounts: Object, w: PrefixWriter) -> None:
    if amounts:
        w.write(LEVEL_0, f"{title}:\n")
    for name in sorted(amounts):
        w.write(LEVEL_1, f"{name}:\t{amounts[name]}\n")


def _describe_resource_slices(slices: list[Object], w: PrefixWriter) -> None:
    """Write how many slices and devices each pool of a driver has, of the first pools."""
    pools: dict[tuple[str, str], list[int]] = {}
    for found in slices:
        spec = part(found, "spec")
        pool = pools.setdefault((text(spec, "driver"), text(part(spec, "pool"), "name")), [])
        pool.append(len(parts(spec, "devices")))
    if not pools:
        return
    w.write(LEVEL_0, "Node-Local ResourceSlices:\n")
    w.write(LEVEL_1, "Driver\tPool\tSlices\tDevices\n")
    w.write(LEVEL_1, "------\t----\t------\t-------\n")
    for driver, name in sorted(pools)[:_POOLS_SHOWN]:
        devices = pools[driver, name]
        w.write(LEVEL_1, f"{driver}\t{name}\t{len(devices)}\t{sum(devices)}\n")
    if len(pools) > _POOLS_SHOWN:
        w.write(LEVEL_1, f"...and {len(pools) - _POOLS_SHOWN} more pools\n")


def _system_info(spec: Object, info: Object, w: PrefixWriter) -> None:
    w.write(LEVEL_0, "System Info:\n")
    for title, field in _SYSTEM_INFO:
        w.write(LEVEL_1, f"{title}:\t{text(info, field)}\n")
    for title, said in (
        ("PodCIDR", text(spec, "podCIDR")),
        ("PodCIDRs", ",".join(texts(spec, "podCIDRs"))),
        ("ProviderID", text(spec, "providerID")),
    ):
        if said:
            w.write(LEVEL_0, f"{title}:\t{said}\n")
