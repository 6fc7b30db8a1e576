"""What the map knows of each Service: its endpoints, and the pods that its selector finds.

Reads EndpointSlices, as kube-proxy does. The Service default/kubernetes is not drawn: it leads to the API
server, which stands on the map already.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from clusters.engine.objects import Object, is_active, labels_of, namespace_of
from clusters.engine.store import MemoryStore
from clusters.web.states import service_state


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """A Service and the uids of the pods that receive its requests."""

    object: Object
    uid: str
    label: str
    """Its name, with the namespace as in DNS unless that is `default`."""
    ready: tuple[str, ...]
    state: str

    @property
    def key(self) -> tuple[str, str]:
        return namespace_of(self.object), self.object["metadata"]["name"]


def read_services(image: MemoryStore) -> list[ServiceFacts]:
    """All Services that are drawn, sorted by namespace and name."""
    return [
        _facts(image, service)
        for service in image.list("Service")
        if (namespace_of(service), service["metadata"]["name"]) != ("default", "kubernetes")
    ]


def _facts(image: MemoryStore, service: Object) -> ServiceFacts:
    namespace, name = namespace_of(service), service["metadata"]["name"]
    ready = tuple(
        endpoint["targetRef"]["uid"]
        for endpoint_slice in image.indexed("slices-by-service", f"{namespace}/{name}")
        for endpoint in endpoint_slice.get("endpoints") or ()
        if (endpoint.get("conditions") or {}).get("ready") and "targetRef" in endpoint
    )
    return ServiceFacts(
        object=service,
        uid=service["metadata"]["uid"],
        label=name if namespace == "default" else f"{name}.{namespace}",
        ready=ready,
        state=service_state(service, len(ready)),
    )


def choose(services: Sequence[ServiceFacts], selected: tuple[str, str] | None) -> ServiceFacts | None:
    """The Service that is drawn large: the selected one, else the oldest."""
    for service in services:
        if service.key == selected:
            return service
    return min(services, key=lambda service: _age(service.object), default=None)


def _age(service: Object) -> tuple[str, str, str]:
    metadata = service["metadata"]
    return metadata.get("creationTimestamp", ""), namespace_of(service), metadata["name"]


def selected_pods(service: Object, pods: Iterable[Object]) -> list[Object]:
    """The pods that the Service's selector finds and that are not on their way out."""
    selector: Mapping[str, str] = service["spec"].get("selector") or {}
    namespace = namespace_of(service)
    if not selector:
        return []
    return [
        pod
        for pod in pods
        if selector.items() <= labels_of(pod).items() and namespace_of(pod) == namespace and is_active(pod)
    ]
