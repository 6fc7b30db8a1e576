"""What is looked up in a cluster to explain what a command has printed."""

from typing import Final

from clusters.engine import cluster
from clusters.engine.apiserver.resources import RESOURCES
from clusters.engine.objects import Object, name_of, namespace_of
from clusters.engine.store import MemoryStore

_KINDS: Final = {f"{resource.plural}.{resource.group}".rstrip("."): resource.kind for resource in RESOURCES}
"""By the name that the API server uses in its messages: `pods`, `deployments.apps`."""


class World:
    """A cluster as of one moment."""

    def __init__(self, image: MemoryStore) -> None:
        self._image = image

    @property
    def cloud(self) -> bool:
        """Whether somebody makes load balancers."""
        return cluster.has_cloud(self._image)

    @property
    def book_mode(self) -> bool:
        """Whether commands of the book work."""
        return cluster.in_book_mode(self._image)

    def outside(self) -> list[tuple[str, int]]:
        """(address, port) of all that may answer somebody outside: load balancers, and ports of nodes."""
        found = []
        nodes = [address for node in self._image.list("Node") for address in _addresses(node)]
        for service in self._image.list("Service"):
            balancers = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
            for port in service["spec"].get("ports") or ():
                found += [(one["ip"], port["port"]) for one in balancers if one.get("ip")]
                if port.get("nodePort"):
                    found += [(address, port["nodePort"]) for address in nodes]
        return found

    def places(self, resource: str) -> list[tuple[str, str]]:
        """(namespace, name) of all objects of a resource such as `deployments.apps`, in order."""
        kind = _KINDS.get(resource)
        return sorted((key.namespace, key.name) for key in self._image.keys(kind)) if kind else []

    def kinds(self) -> dict[str, str]:
        """By each name that a kind has: the one that objects are named with, such as `deployment`."""
        return {
            name: resource.singular
            for resource in RESOURCES
            for name in (resource.plural, resource.singular, *resource.short_names)
        }

    def named(self, name: str, namespace: str) -> list[str]:
        """Objects of any kind that people name which have this name there, such as `service/web`."""
        return [
            f"{resource.singular}/{name}"
            for resource in RESOURCES
            if "all" in resource.categories or not resource.namespaced
            if self._image.get(resource.kind, namespace if resource.namespaced else "", name)
        ]

    def holder(self, address: str) -> str:
        """What has this address, or name, inside of the cluster and not outside: Service, Pod or ""."""
        if any(not pod["spec"].get("hostNetwork") for pod in self._image.indexed("pods-by-ip", address)):
            return "Pod"
        return "Service" if any(_is_called(one, address) for one in self._image.list("Service")) else ""


def _addresses(node: Object) -> list[str]:
    addresses = (node.get("status") or {}).get("addresses") or ()
    return [one["address"] for one in addresses if one["type"] == "InternalIP"]


def _is_called(service: Object, address: str) -> bool:
    name, _dot, rest = address.partition(".")
    namespace = rest.partition(".")[0] or namespace_of(service)
    named = (name, namespace) == (name_of(service), namespace_of(service))
    return named or address in (service["spec"].get("clusterIPs") or ())
