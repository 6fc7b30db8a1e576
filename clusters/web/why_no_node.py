"""Why a pod has no node: what the scheduler's filters have against each of them."""

from collections.abc import Iterator

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clusters.engine.cluster import SCHEDULER
from clusters.engine.indexes import pod_requests
from clusters.engine.labels import format_labels
from clusters.engine.objects import Object, host_ports
from clusters.engine.scheduler import filters
from clusters.engine.scheduler.node_info import NodeInfo, node_info
from clusters.engine.store import MemoryStore
from clusters.engine.taints import tolerates
from clusters.web.reasons import Reason, plain
from clusters.web.telling import mono


def why_no_node(image: MemoryStore, pod: Object) -> Iterator[Reason]:
    """The reason, if no node can take the pod."""
    scheduler = pod["spec"].get("schedulerName") or SCHEDULER
    if scheduler != SCHEDULER:
        text = _("It waits for the scheduler {name}, and nobody here is called so.")
        yield Reason(format_html(text, name=mono(scheduler)))
        return
    against: dict[SafeString, list[str]] = {}
    nodes = [node_info(node) for node in image.list("Node")]
    for info in nodes:
        for why in reasons_against(image, pod, info):
            against.setdefault(why, []).append(info.name)
    refused = {name for names in against.values() for name in names}
    if not nodes:
        yield Reason(plain(_("There is no node to run it on.")), tone="work")
    elif len(refused) == len(nodes):
        text = ngettext(
            "No node can take it: {n} of {n} refuses.", "No node can take it: {n} of {n} refuse.", len(nodes)
        )
        lines = [format_html("{}: {}", _named(names), why) for why, names in against.items()]
        yield Reason(format_html(text, n=len(nodes)), tuple(lines), "work")


def _named(names: list[str]) -> SafeString:
    return format_html_join(", ", "{}", ((mono(name),) for name in names))


def reasons_against(image: MemoryStore, pod: Object, info: NodeInfo) -> list[SafeString]:
    """What the filters have against a node, with the numbers and names behind it."""
    spec = pod["spec"]
    found = filters.static_filters(spec, info)
    if found:
        return [_static(spec, info, found[0])]
    request, usage = pod_requests(pod), image.tally("node-usage", info.name) or (0, 0, 0)
    found = filters.node_resources_fit(request, info, usage)
    reasons = [_no_room(why, request, info, usage) for why in found]
    ports = host_ports(pod)
    if filters.node_ports(ports, info, image):
        wanted = ", ".join(str(port) for _protocol, port in ports)
        reasons.append(format_html(_("another pod has port {ports} of the machine"), ports=mono(wanted)))
    return reasons


def _static(spec: Object, info: NodeInfo, why: str) -> SafeString:
    if why == filters.UNSCHEDULABLE:
        return plain(_("cordoned, no new pods come"))
    if why == filters.UNTOLERATED:
        tolerations = spec.get("tolerations") or ()
        taint = next(taint for taint in info.taints if not tolerates(tolerations, taint))
        text = _("has the taint {taint}, which the pod does not tolerate")
        return format_html(text, taint=mono(f"{taint['key']}:{taint['effect']}"))
    selector = spec.get("nodeSelector")
    if selector:
        return format_html(_("does not have the label {labels}"), labels=mono(format_labels(selector)))
    return plain(_("is none of those that its node affinity allows"))


def _no_room(why: str, request: tuple[int, int], info: NodeInfo, usage: tuple[int, ...]) -> SafeString:
    if why == "Insufficient cpu":
        free, asked = (info.cpu - usage[0]) / 1000, request[0] / 1000
        return plain(_("%(free)g CPU are free, the pod asks for %(asked)g") % {"free": free, "asked": asked})
    if why == "Insufficient memory":
        free, asked = (info.memory - usage[1]) >> 20, request[1] >> 20
        text = _("%(free)d Mi of memory are free, the pod asks for %(asked)d Mi")
        return plain(text % {"free": free, "asked": asked})
    return plain(_("has as many pods as it takes, %(pods)d") % {"pods": info.pods})
