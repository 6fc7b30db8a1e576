"""One object that a command is about, and how it is read and written.

Models cli-runtime's `pkg/resource` (Info, Helper).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from clusters.engine.objects import Object
from clusters.terminal.kubectl.errors import CommandError, KubectlError, is_not_found
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.rest import JSON
from clusters.terminal.kubectl.restmapper import Mapping


@dataclass
class Info:
    """One object that a command is about. `obj` is its newest known state, {} before it was fetched.

    `source` is the file that it is from, "" for none.
    """

    mapping: Mapping
    namespace: str
    name: str
    obj: Object = field(default_factory=dict)
    source: str = ""
    subresource: str = ""

    @property
    def path(self) -> str:
        """Its path below the API's address. Raises CommandError without a name: all would be meant."""
        demand_name(self.name)
        return self.mapping.path(self.namespace, self.name, self.subresource)

    @property
    def object_name(self) -> str:
        """`pods/x`."""
        return f"{self.mapping.plural}/{self.name}"

    def __str__(self) -> str:
        mapping = self.mapping
        kind = f"{mapping.group}/{mapping.version}, Kind={mapping.kind}"
        return (
            f'Resource: "{mapping.group_version_resource}", GroupVersionKind: "{kind}"\n'
            f'Name: "{self.name}", Namespace: "{self.namespace}"'
        )

    async def get(self, k: Kubectl, accept: str = JSON) -> None:
        """Fetch it. A namespace that is not there is told of instead of the object."""
        try:
            self.obj = await k.client.get(self.path, accept)
        except KubectlError as error:
            if is_not_found(error) and self.namespace not in ("", "default"):
                await k.client.get(f"/api/v1/namespaces/{self.namespace}")
            raise

    def refresh(self, obj: Object) -> None:
        """It is in this state now."""
        self.obj = obj
        metadata = obj.get("metadata") or {}
        self.name, self.namespace = metadata.get("name", ""), metadata.get("namespace", "")


@dataclass(frozen=True)
class Helper:
    """Writes objects of one mapping, in the name of a manager of fields.

    `field_validation` is Strict, Warn or Ignore, "" for what the server does by itself; with `dry_run` it
    stores nothing. All methods return the object as the server has it then, and raise StatusError.
    """

    k: Kubectl
    mapping: Mapping
    field_manager: str = ""
    field_validation: str = ""
    dry_run: bool = False
    subresource: str = ""

    async def get(self, namespace: str, name: str) -> Object:
        """Fetch the object."""
        return await self.k.client.get(self.mapping.path(namespace, name, self.subresource))

    async def delete(self, namespace: str, name: str, propagation: str, grace: int) -> Object:
        """`propagation` is what becomes of dependents; `grace` in seconds, -1 for what the object wants."""
        demand_name(name)
        options: Object = {"gracePeriodSeconds": grace} if grace >= 0 else {}
        options["propagationPolicy"] = propagation
        return await self.k.client.delete(self.mapping.path(namespace, name), options)

    async def create(self, namespace: str, obj: Object) -> Object:
        """Make the object, which may have a version from elsewhere."""
        metadata = obj.get("metadata") or {}
        if metadata.get("resourceVersion"):
            obj = {**obj, "metadata": {key: metadata[key] for key in metadata if key != "resourceVersion"}}
        return await self.k.client.create(self.mapping.path(namespace), obj, self._query())

    async def patch(
        self,
        namespace: str,
        name: str,
        patch: Any,
        content_type: str,
        more: Sequence[tuple[str, str]] = (),
    ) -> Object:
        """`more` are parameters besides those of all writes."""
        demand_name(name)
        path = self.mapping.path(namespace, name, self.subresource)
        return await self.k.client.patch(path, patch, content_type, [*self._query(), *more])

    async def replace(self, namespace: str, name: str, obj: Object) -> Object:
        """Put the object in the place of the one that is there; without a version, in that of any version."""
        demand_name(name)
        path = self.mapping.path(namespace, name, self.subresource)
        metadata = obj.get("metadata") or {}
        if not metadata.get("resourceVersion"):
            version = await self._version(path)
            obj = {**obj, "metadata": {**metadata, "resourceVersion": version}} if version else obj
        return await self.k.client.update(path, obj, self._query())

    async def _version(self, path: str) -> str:
        try:
            return str((await self.k.client.get(path))["metadata"]["resourceVersion"])
        except KubectlError:
            return ""

    def _query(self) -> list[tuple[str, str]]:
        said = {
            "dryRun": "All" if self.dry_run else "",
            "fieldManager": self.field_manager,
            "fieldValidation": self.field_validation,
        }
        return [(name, value) for name, value in said.items() if value]


def demand_name(name: str) -> None:
    """Raises CommandError without one: a path without a name means all objects."""
    if not name:
        raise CommandError("resource name may not be empty")
