"""What the map knows of each Service: its endpoints, and the pods that its selector finds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from clusters.engine.objects import Object, is_active, namespace_of
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


def service_facts(service: Object, slices: Iterable[Object]) -> ServiceFacts:
    """Read a Service together with its EndpointSlices, as kube-proxy does."""
    namespace, name = namespace_of(service), service["metadata"]["name"]
    ready = tuple(
        uid
        for endpoint_slice in slices
        for endpoint in endpoint_slice.get("endpoints") or ()
        # A slice that somebody wrote by hand may name no pod.
        if (endpoint.get("conditions") or {}).get("ready")
        and (uid := (endpoint.get("targetRef") or {}).get("uid"))
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
    namespace, wanted = namespace_of(service), selector.items()
    return [
        pod
        for pod in pods
        if wanted
        and (labels := pod["metadata"].get("labels"))
        and wanted <= labels.items()
        and pod["metadata"]["namespace"] == namespace
        and is_active(pod)
    ]
