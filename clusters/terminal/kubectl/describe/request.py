"""One object to be described, and how a describer asks for what belongs to it.

Models ResourceDescriber of kubectl's `pkg/describe/interface.go`, getPodsInChunks and searchEvents.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.tables.columns import part, text
from clusters.engine.objects import Object
from clusters.terminal.kubectl.describe.events import describe_events
from clusters.terminal.kubectl.describe.prefix_writer import PrefixWriter
from clusters.terminal.kubectl.info import demand_name
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.restmapper import Mapping


@dataclass(frozen=True, slots=True)
class DescriberSettings:
    """`chunk_size` is how many objects are asked for at once, 0 for all."""

    show_events: bool = True
    chunk_size: int = 500


@dataclass(frozen=True, slots=True)
class Request:
    """An object by its kind and name. All methods that ask the API raise StatusError."""

    k: Kubectl
    mapping: Mapping
    namespace: str
    name: str
    settings: DescriberSettings

    @property
    def now(self) -> float:
        return self.k.host.now()

    async def get(self) -> Object:
        """The object."""
        demand_name(self.name)
        return await self.k.client.get(self.mapping.path(self.namespace, self.name))

    async def list_all(self, path: str, *, chunked: bool = True, **selectors: str) -> list[Object]:
        """All objects of a collection, in the answers' order."""
        limit = self.settings.chunk_size if chunked else 0
        terms = {**selectors, "limit": str(limit or "")}
        query = [(name, value) for name, value in terms.items() if value]
        items: list[Object] = []
        more = ""
        while True:
            asked = [*query, ("continue", more)] if more else query
            found = await self.k.client.request("GET", path, asked)
            items += found.get("items") or ()
            more = text(part(found, "metadata"), "continue")
            if not more:
                return items

    async def events(self, obj: Object, kind: str | None = None, uid: str | None = None) -> list[Object]:
        """The Events about an object, none if they cannot be had. `kind` "" is any."""
        metadata = part(obj, "metadata")
        namespace = text(metadata, "namespace")
        terms = {
            "involvedObject.name": text(metadata, "name"),
            "involvedObject.namespace": namespace,
            "involvedObject.kind": text(obj, "kind") if kind is None else kind,
            "involvedObject.uid": text(metadata, "uid") if uid is None else uid,
        }
        optional = ("involvedObject.kind", "involvedObject.uid")
        said = ",".join(f"{key}={value}" for key, value in terms.items() if value or key not in optional)
        path = f"/api/v1/namespaces/{namespace}/events" if namespace else "/api/v1/events"
        try:
            return await self.list_all(path, fieldSelector=said)
        except StatusError:
            return []

    async def describe_events(self, obj: Object, w: PrefixWriter) -> None:
        """Ask for the object's Events, if they are wanted, and write them."""
        if self.settings.show_events:
            describe_events(await self.events(obj), w, self.now)


Describer = Callable[[Request, PrefixWriter], Awaitable[None]]
"""Writes a page about an object. Raises StatusError."""
