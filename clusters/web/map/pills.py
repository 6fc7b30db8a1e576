"""One Service as it is drawn: a pill with its address, which stays, and how many pods answer for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from clusters.engine.objects import Object
from clusters.web.map.endpoints import ServiceFacts
from clusters.web.map.plan import Box, Plan
from clusters.web.states import POD_STATES, external_addresses
from clusters.web.widths import fit, planned, text_width, wrap

SMALL_PILL: Final = 32
MORE: Final = 92
"""Width of the count of further Services, at the right end of the last small pill."""
MOST_ICONS: Final = 6
END: Final = 20
"""Room between the last field of a large pill and its round end."""
RULE: Final = 13
"""From a field's text to the rule after it, and from there to the next field."""


@dataclass(frozen=True, slots=True)
class Field:
    """A caption over a value, at `x` in its pill. `kind` is the style of the value."""

    kind: str
    x: float
    caption: str
    value: str
    w: float


@dataclass(frozen=True, slots=True)
class Pill:
    """One Service."""

    uid: str
    namespace: str
    name: str
    label: str
    box: Box
    large: bool
    state: str
    cluster_ip: str
    external_ip: str
    aria: str
    fields: tuple[Field, ...]
    icons: tuple[str, ...]
    """States of the pods that its selector finds, ready ones first; () when they have no room."""
    share: float
    """Ready endpoints among those pods."""
    share_box: Box | None
    """A bar of that share, in place of the icons."""
    counted: str
    dots: tuple[tuple[float, float], ...]
    """Where its lines to the nodes begin."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What stands in the pill's place while there is no Service."""

    box: Box
    title: str
    lines: tuple[str, ...]


def pill_view(
    service: ServiceFacts,
    box: Box,
    plan: Plan,
    *,
    total: int,
    states: Sequence[str],
    dots: tuple[tuple[float, float], ...],
    more: bool,
) -> Pill:
    """One pill.

    `total` pods are found by its selector, `states` are the drawn states of the first of them, `dots` where
    its lines begin; `more`: its right end is taken by the count of further Services.
    """
    metadata, ready = service.object["metadata"], len(service.ready)
    counted = _("%(ready)d of %(total)d") % {"ready": ready, "total": total}
    large, phone = box.h > SMALL_PILL, plan.layout == "phone"
    said = counted if ready or phone or not large else _nobody(counted)
    icons = () if total > MOST_ICONS else _icons(ready, total, states)
    fields = _fields_of(service, box, said, len(icons), large=large, phone=phone, more=more)
    if large and not phone and icons and fields[-1].x + fields[-1].w > box.w - END + 1:
        # Words say more than icons.
        icons = ()
        fields = _fields_of(service, box, said, 0, large=large, phone=phone, more=more)
    return Pill(
        uid=service.uid,
        namespace=metadata["namespace"],
        name=metadata["name"],
        label=service.label,
        box=box,
        large=large,
        state=service.state,
        cluster_ip=cluster_ip(service.object),
        external_ip=next(iter(external_addresses(service.object)), ""),
        aria=_aria(service, counted),
        fields=tuple(fields),
        icons=icons,
        share=ready / total if total else 0.0,
        share_box=_share_box(fields[-1], box, counted)
        if large and not phone and total > MOST_ICONS
        else None,
        counted=said,
        dots=dots,
    )


def cluster_ip(service: Object) -> str:
    """The address, or None as kubectl shows it for a headless Service."""
    return str(service["spec"].get("clusterIP", "None"))


def _nobody(counted: str) -> str:
    return _("%(counted)s, nobody to answer") % {"counted": counted}


def _aria(service: ServiceFacts, counted: str) -> str:
    return _("Service %(name)s, ClusterIP %(ip)s, port %(port)s, %(counted)s endpoints ready") % {
        "name": service.label,
        "ip": cluster_ip(service.object),
        "port": _ports(service.object),
        "counted": counted,
    }


def _icons(ready: int, total: int, states: Sequence[str]) -> tuple[str, ...]:
    others = sorted((state for state in states if state != "ready"), key=POD_STATES.index)
    return ("ready",) * ready + tuple([*others, *["running"] * total][: total - ready])


def _ports(service: Object) -> str:
    ports = service["spec"].get("ports") or []
    if not ports:
        return "–"
    text = f"{ports[0]['port']} → {ports[0].get('targetPort', ports[0]['port'])}"
    return text if len(ports) == 1 else f"{text} +{len(ports) - 1}"


def _selector(service: Object) -> str:
    selector = service["spec"].get("selector") or {}
    return ",".join(f"{key}={value}" for key, value in selector.items()) or "–"


def _fields_of(
    service: ServiceFacts, box: Box, counted: str, icons: int, *, large: bool, phone: bool, more: bool
) -> list[Field]:
    if not large:
        return _small_fields(service, box, counted, 90 if phone else 150, MORE if more else 0)
    if phone:
        caption = _("Service %(name)s · stays the same") % {"name": service.label}
        room = box.w - 61.5 - END - max(planned(counted, 13), 20 * min(icons, 4)) - 10
        return [Field("address", 61.5, fit(caption, room, 12), cluster_ip(service.object), 164)]
    for dropped in ((), ("port",), ("port", "selector")):
        fields = _large_fields(service, counted, icons, dropped, 150)
        spare = box.w - END - fields[-1].x - fields[-1].w
        if spare >= 0:
            return fields
    return _large_fields(service, counted, icons, ("port", "selector"), max(50, fields[0].w / 1.1 + spare))


def _large_fields(
    service: ServiceFacts, counted: str, icons: int, dropped: Sequence[str], name_width: float
) -> list[Field]:
    """The large pill's fields, left to right."""
    name, ip = fit(service.label, name_width, 14.5), cluster_ip(service.object)
    ports, selector = _ports(service.object), fit(_selector(service.object), 150, 12.3, mono=True)
    icons_width = 15 * icons + 4 if icons else 0
    captions = (
        ("service", _("Service"), name, planned(name, 14.5)),
        ("address", _("ClusterIP · stays the same"), ip, text_width(ip, 19, mono=True)),
        ("port", _("Port"), ports, text_width(ports, 12.3, mono=True)),
        ("selector", _("Selector"), selector, text_width(selector, 12.3, mono=True)),
        ("endpoints", _("Ready endpoints"), counted, icons_width + planned(counted, 13)),
    )
    fields: list[Field] = []
    x = 54.0
    for kind, caption, value, wide in captions:
        if kind not in dropped:
            width = max(wide, planned(caption, 10.8))
            fields.append(Field(kind, round(x, 1), caption, value, round(width, 1)))
            x += width + 2 * RULE
    return fields


def _small_fields(
    service: ServiceFacts, box: Box, counted: str, name_width: float, taken: float
) -> list[Field]:
    name, ip = fit(service.label, name_width, 13), cluster_ip(service.object)
    address_x = 34 + planned(name, 13) + 12
    address_width = text_width(ip, 13.5, mono=True)
    count_x = address_x + address_width + 18
    fields = [
        Field("service", 34, "", name, planned(name, 13)),
        Field("address", round(address_x, 1), "", ip, address_width),
    ]
    if count_x + planned(counted, 11.8) <= box.w - 14 - taken:
        fields.append(Field("endpoints", round(count_x, 1), "", counted, planned(counted, 11.8)))
    return fields


def _share_box(field: Field, box: Box, counted: str) -> Box | None:
    left = field.x + planned(counted, 13) + 14
    width = min(208.0, box.w - left - 36)
    return Box(round(left, 1), 30.5, width, 6) if width >= 50 else None


def hint(box: Box, *, has_pods: bool, has_nodes: bool) -> Hint:
    """A sentence for somebody whose cluster has no Service yet: what to do next."""
    if not has_nodes:
        title, text = _("This cluster has no nodes"), _("Add a node, so that pods have a place to run.")
    elif has_pods:
        title = _("No Service yet")
        text = _("Pods come and go, and their IPs with them. A Service gives them one address that stays.")
    else:
        title = _("An empty cluster, ready for pods")
        text = _("Create a ReplicationController. It makes pods, and each pod gets an IP of its own.")
    return Hint(box, title, tuple(wrap(text, box.w - 84, 11.8, 1 if box.w > 600 else 2)))
