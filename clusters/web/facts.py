"""The few facts about an object that the inspector shows first, for each kind."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clusters.engine import quantities
from clusters.engine.controllers.deployment_util import revision_of
from clusters.engine.label_selectors import format_label_selector
from clusters.engine.labels import format_labels
from clusters.engine.objects import (
    Object,
    controller_of,
    labels_of,
    name_of,
    namespace_of,
    owners_of,
    simulation_of,
)
from clusters.engine.store import MemoryStore
from clusters.web.states import container_statuses, external_addresses, kubelet_is_stopped


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value; `mono` for addresses and names, `tone` work or fail to make it stand out."""

    label: str
    value: str
    mono: bool = False
    tone: str = ""
    stays: bool = False
    """It is the Service's address."""
    link: bool = False
    """The value is a URL to open or to copy."""


def facts_of(image: MemoryStore, obj: Object, link: str = "") -> list[Fact]:
    """The facts of an object that may be gone: `image` is asked for what belongs to it.

    At `link` a Service is reached for real, once it has a public address.
    """
    facts = _FACTS.get(obj["kind"], _other)(image, obj)
    if link and obj["kind"] == "Service" and external_addresses(obj):
        facts.insert(2, Fact(_("Real link"), link, mono=True, link=True))
    if namespace_of(obj) not in ("", "default"):
        facts.append(Fact(_("Namespace"), namespace_of(obj), mono=True))
    return [fact for fact in facts if fact.value]


def _pod(image: MemoryStore, pod: Object) -> list[Fact]:
    status, owner = pod.get("status") or {}, controller_of(pod)
    images = dict.fromkeys(container["image"] for container in pod["spec"]["containers"])
    restarts = sum(container.get("restartCount", 0) for container in container_statuses(pod))
    nobody = _("nothing watches this pod")
    return [
        Fact(_("Pod IP"), status.get("podIP") or _("not yet"), mono=bool(status.get("podIP"))),
        Fact(_("Node"), pod["spec"].get("nodeName") or _("not yet")),
        Fact(_("Image"), ", ".join(images), mono=True),
        Fact(_("Owner"), f"{owner['kind']} {owner['name']}" if owner else nobody),
        Fact(_("Labels"), format_labels(labels_of(pod)), mono=True),
        Fact(_("Restarts"), str(restarts) if restarts else "", tone="fail"),
    ]


def _node(image: MemoryStore, node: Object) -> list[Fact]:
    status, simulation = node.get("status") or {}, simulation_of(node)
    addresses = [entry["address"] for entry in status.get("addresses") or () if entry["type"] == "InternalIP"]
    names = [name.partition(":")[0] for name in simulation.get("images") or ()]
    taints = [_taint(taint) for taint in node["spec"].get("taints") or ()]
    powered = simulation.get("powered", True)
    return [
        Fact(_("Power"), "" if powered else _("off"), tone="fail"),
        Fact(_("Kubelet"), _("stopped") if kubelet_is_stopped(node) else "", tone="fail"),
        Fact(_("Internal IP"), ", ".join(addresses), mono=True),
        Fact(_("Pod range"), node["spec"].get("podCIDR", ""), mono=True),
        *_usage(image, node),
        Fact(_("Images"), ", ".join(dict.fromkeys(names)), mono=True),
        Fact(_("Taints"), ", ".join(dict.fromkeys(taints)), mono=True, tone="work"),
        Fact(_("Kubelet version"), (status.get("nodeInfo") or {}).get("kubeletVersion", ""), mono=True),
    ]


def _taint(taint: Object) -> str:
    return f"{taint['key'].rpartition('/')[2]}:{taint['effect']}"


def _usage(image: MemoryStore, node: Object) -> list[Fact]:
    can = (node.get("status") or {}).get("allocatable") or {}
    cpu, memory, pods = image.tally("node-usage", name_of(node)) or (0, 0, 0)
    text = _("%(used)s of %(all)s")
    most = quantities.whole(can.get("pods", 0))
    facts = [Fact(_("Pods"), text % {"used": pods, "all": most} if most else str(pods))]
    if "cpu" in can:
        facts.append(Fact(_("CPU"), text % {"used": f"{cpu} m", "all": f"{quantities.milli(can['cpu'])} m"}))
    if "memory" in can:
        whole = quantities.whole(can["memory"])
        facts.append(Fact(_("Memory"), text % {"used": _mebibytes(memory), "all": _mebibytes(whole)}))
    return facts


def _mebibytes(number: int) -> str:
    return f"{number // 2**20} Mi"


def _controller(image: MemoryStore, controller: Object) -> list[Fact]:
    spec, status = controller["spec"], controller.get("status") or {}
    wanted = spec.get("replicas", 1)
    ready = _("%(ready)d of %(wanted)d") % {"ready": status.get("readyReplicas", 0), "wanted": wanted}
    containers = ((spec.get("template") or {}).get("spec") or {}).get("containers") or ()
    return [
        Fact(_("Ready"), ready),
        Fact(_("Wants"), ngettext("%(n)d pod", "%(n)d pods", wanted) % {"n": wanted}),
        Fact(_("Image"), ", ".join(container["image"] for container in containers), mono=True),
        Fact(_("Selector"), _selector(controller), mono=True),
        Fact(_("Labels"), format_labels(labels_of(controller)), mono=True),
    ]


def _selector(controller: Object) -> str:
    selector = controller["spec"].get("selector") or {}
    if controller["kind"] == "ReplicationController":
        return format_labels(selector)
    return format_label_selector(selector)


def _replica_set(image: MemoryStore, replica_set: Object) -> list[Fact]:
    owner = controller_of(replica_set)
    return [
        Fact(_("Owner"), f"{owner['kind']} {owner['name']}" if owner else ""),
        _revision(replica_set),
        *_controller(image, replica_set),
    ]


def _deployment(image: MemoryStore, deployment: Object) -> list[Fact]:
    spec, status = deployment["spec"], deployment.get("status") or {}
    text = _("%(used)s of %(all)s")
    updated = text % {"used": status.get("updatedReplicas", 0), "all": spec.get("replicas", 1)}
    return [
        Fact(_("Rollout"), _("paused") if spec.get("paused") else "", tone="work"),
        _revision(deployment),
        Fact(_("Up to date"), updated),
        *_controller(image, deployment),
        Fact(_("Strategy"), (spec.get("strategy") or {}).get("type", "")),
    ]


def _revision(obj: Object) -> Fact:
    return Fact(_("Revision"), str(revision_of(obj) or ""))


def _service(image: MemoryStore, service: Object) -> list[Fact]:
    spec = service["spec"]
    external = ", ".join(external_addresses(service))
    waits = spec.get("type") == "LoadBalancer" and not external
    addresses = _ready_addresses(image, service)
    return [
        Fact(_("ClusterIP"), spec.get("clusterIP", ""), mono=True, stays=True),
        Fact(
            _("Public IP"), _("waits for the cloud") if waits else external, mono=not waits, stays=not waits
        ),
        Fact(_("Type"), spec.get("type", "ClusterIP")),
        Fact(_("Port"), ", ".join(_port(port) for port in spec.get("ports") or ()), mono=True),
        Fact(_("Selector"), format_labels(spec.get("selector") or {}), mono=True),
        Fact(_("Endpoints"), ", ".join(addresses) or _("nobody to answer"), mono=bool(addresses)),
    ]


def _port(port: Object) -> str:
    text = f"{port['port']} → {port.get('targetPort', port['port'])}"
    return f"{text} (:{port['nodePort']})" if port.get("nodePort") else text


def _ready_addresses(image: MemoryStore, service: Object) -> list[str]:
    found: list[str] = []
    for part in image.indexed("slices-by-service", f"{namespace_of(service)}/{name_of(service)}"):
        found += _slice_addresses(part)
    return found


def _slice_addresses(part: Object) -> list[str]:
    return [
        address
        for endpoint in part.get("endpoints") or ()
        if (endpoint.get("conditions") or {}).get("ready", True)
        for address in endpoint.get("addresses") or ()
    ]


def _slice(image: MemoryStore, part: Object) -> list[Fact]:
    addresses = _slice_addresses(part)
    return [
        Fact(_("Ready"), ", ".join(addresses) or _("none"), mono=bool(addresses)),
        Fact(_("Ports"), ", ".join(str(port.get("port")) for port in part.get("ports") or ()), mono=True),
        *_other(image, part),
    ]


def _endpoints(image: MemoryStore, endpoints: Object) -> list[Fact]:
    ready: list[str] = []
    waiting: list[str] = []
    for subset in endpoints.get("subsets") or ():
        ready += [entry["ip"] for entry in subset.get("addresses") or ()]
        waiting += [entry["ip"] for entry in subset.get("notReadyAddresses") or ()]
    return [
        Fact(_("Ready"), ", ".join(ready) or _("none"), mono=bool(ready)),
        Fact(_("Not ready"), ", ".join(waiting), mono=True),
        *_other(image, endpoints),
    ]


def _namespace(image: MemoryStore, namespace: Object) -> list[Fact]:
    pods = len(image.list("Pod", name_of(namespace)))
    return [
        Fact(_("Phase"), (namespace.get("status") or {}).get("phase", "")),
        Fact(_("Pods"), str(pods)),
        *_other(image, namespace),
    ]


def _other(image: MemoryStore, obj: Object) -> list[Fact]:
    owners = [f"{owner['kind']} {owner['name']}" for owner in owners_of(obj)]
    return [
        Fact(_("Owner"), ", ".join(owners)),
        Fact(_("Labels"), format_labels(labels_of(obj)), mono=True),
    ]


_FACTS: Final[dict[str, Callable[[MemoryStore, Object], list[Fact]]]] = {
    "Pod": _pod,
    "Node": _node,
    "ReplicationController": _controller,
    "ReplicaSet": _replica_set,
    "Deployment": _deployment,
    "Service": _service,
    "Endpoints": _endpoints,
    "EndpointSlice": _slice,
    "Namespace": _namespace,
}
