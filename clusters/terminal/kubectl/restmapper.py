"""Which resources the server has, and which of them somebody means by a word.

Models client-go's `restmapper` (discovery, shortcuts, categories) and apimachinery's `meta.RESTMapper`.
Left out: several versions of one group, of which this server has none.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from clusters.engine.objects import Object
from clusters.terminal.kubectl.errors import NoResourceMatchError
from clusters.terminal.kubectl.rest import Client

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"


@dataclass(frozen=True, slots=True)
class Mapping:
    """A kind and its resource. `group` is "" for the core group."""

    group: str
    version: str
    plural: str
    singular: str
    kind: str
    namespaced: bool
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """`apps/v1`, `v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def group_resource(self) -> str:
        """`deployments.apps`, `pods`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def group_kind(self) -> str:
        """`Deployment.apps`, `Pod`."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    @property
    def group_version_resource(self) -> str:
        """`apps/v1, Resource=deployments`, `/v1, Resource=pods`."""
        return f"{self.group}/{self.version}, Resource={self.plural}"

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """The path below the API's address; without a name that of the collection."""
        parts = ["/apis", self.group] if self.group else ["/api"]
        parts.append(self.version)
        if namespace and self.namespaced:
            parts += ["namespaces", namespace]
        return "/".join(part for part in (*parts, self.plural, name, subresource) if part)


class RESTMapper:
    """The resources of the server, in its order."""

    def __init__(self, mappings: Sequence[Mapping]) -> None:
        self.mappings = list(mappings)

    def find(self, word: str) -> Mapping:
        """What `pods`, `po`, `Pod`, `deployments.apps` or `deployments.v1.apps` means.

        Raises NoResourceMatchError.
        """
        for resource, version, group in _readings(word):
            for matches in (_by_resource, _by_short_name, _by_kind):
                for mapping in self.mappings:
                    if (
                        matches(mapping, resource)
                        and version in ("", mapping.version)
                        and (group in ("", mapping.group) or mapping.group.startswith(f"{group}."))
                    ):
                        return mapping
        resource, _dot, group = word.partition(".")
        raise NoResourceMatchError(resource, group)

    def of_kind(self, api_version: str, kind: str) -> Mapping | None:
        """The mapping of a kind, which may be written in small letters."""
        for mapping in self.mappings:
            if kind in (mapping.kind, mapping.kind.lower()) and mapping.api_version == api_version:
                return mapping
        return None

    def of_object(self, obj: Object) -> Mapping | None:
        """The mapping of an object's own apiVersion and kind."""
        return self.of_kind(obj.get("apiVersion", ""), obj.get("kind", ""))

    def expand(self, category: str) -> list[Mapping]:
        """The resources of a category such as `all`; none if it is no category."""
        return [mapping for mapping in self.mappings if category in mapping.categories]


async def discover(client: Client) -> RESTMapper:
    """Ask the server what it has."""
    mappings: list[Mapping] = []
    for path in ("/api", "/apis"):
        groups = await client.get(path, accept=AGGREGATED)
        for group in groups["items"]:
            for version in group["versions"]:
                name = group["metadata"].get("name", "")
                mappings += (_mapping(name, version["version"], found) for found in version["resources"])
    return RESTMapper(mappings)


def _mapping(group: str, version: str, found: Object) -> Mapping:
    kind = found["responseKind"]["kind"]
    return Mapping(
        group,
        version,
        found["resource"],
        found.get("singularResource") or kind.lower(),
        kind,
        found["scope"] == "Namespaced",
        tuple(found.get("shortNames") or ()),
        tuple(found.get("categories") or ()),
        tuple(found.get("verbs") or ()),
        tuple(part["subresource"] for part in found.get("subresources") or ()),
    )


def _readings(word: str) -> list[tuple[str, str, str]]:
    """As (resource, version, group): `a.b.c` may be resource a, version b, group c, or group b.c."""
    resource, _dot, rest = word.partition(".")
    version, dot, group = rest.partition(".")
    return [(resource, version, group)] * bool(dot) + [(resource, "", rest)]


def _by_resource(mapping: Mapping, word: str) -> bool:
    return word.lower() in (mapping.plural, mapping.singular)


def _by_short_name(mapping: Mapping, word: str) -> bool:
    return word in mapping.short_names


def _by_kind(mapping: Mapping, word: str) -> bool:
    return word == mapping.kind
