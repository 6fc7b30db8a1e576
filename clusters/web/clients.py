"""The panel's part about clients: which there are, where one can be placed, and what it could call."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from clusters.engine.network.clients import KIND, Client, client_of
from clusters.engine.objects import Object, is_active, name_of, namespace_of
from clusters.engine.store import MemoryStore
from clusters.web.map.nodes import natural
from clusters.web.states import external_addresses
from clusters.web.traffic import place_of

MOST: Final = 100
"""Pods, and addresses of them, that a list offers."""


@dataclass(frozen=True, slots=True)
class ClientLine:
    """A placed client; how often it was answered, the page says by its uid."""

    uid: str
    name: str
    source: str
    target: str
    every: float


@dataclass(frozen=True, slots=True)
class Choice:
    """What a form sends, and the words for it."""

    value: str
    words: str


def clients(image: MemoryStore) -> tuple[ClientLine, ...]:
    """All clients by their numbers."""
    found = sorted(map(client_of, image.list(KIND)), key=lambda client: natural(client.name))
    return tuple(
        ClientLine(
            client.uid,
            client.name,
            _place(client),
            client.target if client.port == 80 else f"{client.target}:{client.port}",
            client.every,
        )
        for client in found
    )


def _place(client: Client) -> str:
    if client.source is not None:
        return _label(client.source.namespace, client.source.name)
    return {"internet": _("Internet"), "laptop": _("Laptop")}[place_of(client.address)]


def sources(image: MemoryStore) -> tuple[Choice, ...]:
    """From where a client can call: `internet`, `laptop` or `pod/<namespace>/<name>`."""
    pods = (
        Choice(f"pod/{namespace_of(pod)}/{name_of(pod)}", _("Pod %(name)s") % {"name": _label_of(pod)})
        for pod in _pods(image)
    )
    return Choice("internet", _("Internet")), Choice("laptop", _("Laptop")), *pods


def addresses(image: MemoryStore) -> tuple[Choice, ...]:
    """What a client can call: Services by name, by their own and by their public addresses, and pods."""
    services = [choice for service in image.list("Service") for choice in _addresses_of(image, service)]
    pods = (
        Choice(pod["status"]["podIP"], _("Pod %(name)s") % {"name": _label_of(pod)}) for pod in _pods(image)
    )
    return *services, *pods


def _addresses_of(image: MemoryStore, service: Object) -> Iterator[Choice]:
    namespace, name, spec = namespace_of(service), name_of(service), service["spec"]
    if (namespace, name) == ("default", "kubernetes"):
        return
    for address in external_addresses(service):
        yield Choice(address, _("Public address of %(name)s") % {"name": name})
    yield Choice(name if namespace == "default" else f"{name}.{namespace}", _("Service, by its name"))
    if spec.get("clusterIP") not in (None, "", "None"):
        yield Choice(spec["clusterIP"], _("ClusterIP of %(name)s") % {"name": name})
    node = next((_internal_ip(node) for node in image.list("Node")), "")
    for port in spec.get("ports") or ():
        if port.get("nodePort") and node:
            yield Choice(f"http://{node}:{port['nodePort']}", _("NodePort of %(name)s") % {"name": name})


def _internal_ip(node: Object) -> str:
    entries = (node.get("status") or {}).get("addresses") or ()
    return next((entry["address"] for entry in entries if entry["type"] == "InternalIP"), "")


def _pods(image: MemoryStore) -> list[Object]:
    found = [pod for pod in image.list("Pod") if (pod.get("status") or {}).get("podIP") and is_active(pod)]
    return sorted(found, key=name_of)[:MOST]


def _label_of(pod: Object) -> str:
    return _label(namespace_of(pod), name_of(pod))


def _label(namespace: str, name: str) -> str:
    return name if namespace == "default" else f"{namespace}/{name}"
