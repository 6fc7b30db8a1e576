"""Why nobody answers for a Service: which labels it looks for, and which pods are near misses."""

from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clusters.engine.cluster import CONTROLLER_MANAGER, is_stopped
from clusters.engine.controllers.endpoints import subsets_of
from clusters.engine.endpoint_util import has_managed_endpoints, pod_ip, selected_pods
from clusters.engine.labels import format_labels, subset_matches
from clusters.engine.objects import (
    Object,
    is_deleting,
    is_finished,
    is_ready,
    labels_of,
    name_of,
    namespace_of,
)
from clusters.engine.store import MemoryStore
from clusters.web.endpoint_sentences import addresses_of
from clusters.web.reasons import Reason, plain
from clusters.web.states import kubectl_status
from clusters.web.telling import mono

MOST: Final = 4
"""Near misses that are told."""


def why_nobody_answers(image: MemoryStore, service: Object) -> Iterator[Reason]:
    """The reason, if no ready address is behind the Service."""
    slices = image.indexed("slices-by-service", f"{namespace_of(service)}/{name_of(service)}")
    written = any(addresses_of(part)[0] for part in slices)
    if service["spec"].get("type") == "ExternalName":
        return
    if not has_managed_endpoints(service):
        if not written:
            yield Reason(plain(_("It has no selector: nobody looks for pods, and nobody wrote addresses.")))
    elif not any(subset.get("addresses") for subset in subsets_of(service, selected_pods(image, service))):
        yield _nobody(image, service, service["spec"]["selector"])
    elif not written and is_stopped(image, CONTROLLER_MANAGER):
        yield Reason(plain(_("The controller manager is stopped: nobody writes down who is ready.")))


def _nobody(image: MemoryStore, service: Object, selector: dict[str, str]) -> Reason:
    title = format_html(_("Nobody answers: no ready pod has {labels}."), labels=mono(format_labels(selector)))
    lines = _near_misses(image, service, selector)[:MOST]
    if any(_misses(pod) == "port" for pod in selected_pods(image, service)):
        title = plain(_("Nobody answers: its port leads nowhere."))
    return Reason(title, tuple(lines) or (_no_pods(image, service),))


def _no_pods(image: MemoryStore, service: Object) -> SafeString:
    if image.list("Pod", namespace_of(service)):
        return plain(_("No pod in its namespace has a label like that."))
    return plain(_("There are no pods in its namespace."))


def _near_misses(image: MemoryStore, service: Object, selector: dict[str, str]) -> list[SafeString]:
    pods = image.list("Pod")
    here = [pod for pod in pods if namespace_of(pod) == namespace_of(service)]
    matching = [pod for pod in here if subset_matches(selector, labels_of(pod))]
    elsewhere = [
        pod
        for pod in pods
        if namespace_of(pod) != namespace_of(service) and subset_matches(selector, labels_of(pod))
    ]
    return [
        *(_unfit(service, pod) for pod in matching),
        *_other_labels(here, selector),
        *(_in_another_namespace(pod) for pod in elsewhere),
    ]


def _unfit(service: Object, pod: Object) -> SafeString:
    """Why a pod with the right labels gets no requests."""
    texts = {
        "finished": _("{pod} has them, but has finished"),
        "deleting": _("{pod} has them, but is being deleted"),
        "address": _("{pod} has them, but no IP yet: {status}"),
        "unready": _("{pod} has them, but is not ready: {status}"),
        "port": _("{pod} has its labels, but none of its containers names the port {port}"),
    }
    values = {"pod": mono(name_of(pod)), "status": kubectl_status(pod), "port": mono(_named_ports(service))}
    return format_html(texts[_misses(pod)], **values)


def _misses(pod: Object) -> str:
    if is_finished(pod):
        return "finished"
    if is_deleting(pod):
        return "deleting"
    if not pod_ip(pod):
        return "address"
    return "port" if is_ready(pod) else "unready"


def _named_ports(service: Object) -> str:
    targets = (port.get("targetPort") for port in service["spec"].get("ports") or ())
    return ", ".join(target for target in targets if isinstance(target, str))


def _other_labels(pods: list[Object], selector: dict[str, str]) -> list[SafeString]:
    """Pods that have some of the labels, or the same keys with other values: the nearest first."""
    found: Counter[tuple[int, str, str]] = Counter()
    for pod in pods:
        labels = labels_of(pod)
        wrong = {key: value for key, value in selector.items() if labels.get(key) != value}
        if wrong and not (wrong.keys() - labels.keys() and len(wrong) == len(selector)):
            has = {key: labels[key] for key in wrong if key in labels}
            found[len(wrong), format_labels(has) if has else "", format_labels(wrong)] += 1
    near = sorted(found, key=lambda miss: (miss[0], -SequenceMatcher(None, miss[1], miss[2]).ratio(), miss))
    return [_differs(found[miss], *miss[1:]) for miss in near]


def _differs(count: int, has: str, wants: str) -> SafeString:
    text = ngettext("{n} pod has {has} instead of {wants}", "{n} pods have {has} instead of {wants}", count)
    if not has:
        text = ngettext("{n} pod lacks {wants}", "{n} pods lack {wants}", count)
    return format_html(text, n=count, has=mono(has), wants=mono(wants))


def _in_another_namespace(pod: Object) -> SafeString:
    text = _("{pod} in namespace {namespace} has them: a Service looks in its own namespace only")
    return format_html(text, pod=mono(name_of(pod)), namespace=mono(namespace_of(pod)))
