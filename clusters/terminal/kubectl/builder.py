"""From the arguments of a command, its files and its selectors to objects.

Models cli-runtime's `pkg/resource` (Builder, Info, Helper, visitors). Left out: files that are fetched
over the network, kustomizations and folders.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from clusters.engine.objects import Object
from clusters.terminal.kubectl import manifests
from clusters.terminal.kubectl.errors import (
    CommandError,
    KubectlError,
    NoResourceMatchError,
    aggregate,
    is_not_found,
)
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.rest import JSON
from clusters.terminal.kubectl.restmapper import Mapping

MISSING = """You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'"""


@dataclass
class Info:
    """One object that a command is about. `obj` is its newest known state, {} before it was fetched.

    `source` is the file that it is from, "" for none.
    """

    mapping: Mapping
    namespace: str
    name: str
    obj: Any = field(default_factory=dict)
    source: str = ""
    subresource: str = ""

    @property
    def path(self) -> str:
        return self.mapping.path(self.namespace, self.name, self.subresource)

    @property
    def object_name(self) -> str:
        """`pods/x`."""
        return f"{self.mapping.plural}/{self.name}"

    async def get(self, k: Kubectl, accept: str = JSON) -> None:
        """Fetch it. A namespace that is not there is told of instead of the object."""
        try:
            self.obj = await k.client.get(self.path, accept)
        except KubectlError as error:
            if is_not_found(error) and self.namespace not in ("", "default"):
                await _demand_namespace(k, self.namespace)
            raise

    def refresh(self, obj: Object) -> None:
        """It is in this state now."""
        self.obj = obj
        metadata = obj.get("metadata") or {}
        self.name, self.namespace = metadata.get("name", ""), metadata.get("namespace", "")


Visit = Callable[[Info], Awaitable[None]]
Source = Callable[[], AsyncIterator[Info]]


@dataclass
class Builder:
    """What is asked for; `build` finds out what that is.

    flatten: lists are taken apart; else a list is one Info, whose `obj` is the list.
    latest: objects of files are fetched. require_object: objects named are fetched.
    """

    k: Kubectl
    namespace: str = ""
    all_namespaces: bool = False
    enforce_namespace: bool = False
    filenames: Sequence[str] = ()
    label_selector: str = ""
    field_selector: str = ""
    select_all: bool = False
    everything_by_default: bool = False
    """ResourceTypeOrNameArgs(true): a kind alone means all of its objects."""
    chunk_size: int = 0
    subresource: str = ""
    flatten: bool = False
    latest: bool = False
    continue_on_error: bool = False
    require_object: bool = True
    single_type: bool = False
    local: bool = False
    accept: str = JSON
    """How objects are asked for: as themselves, or as Tables."""
    query: Sequence[tuple[str, str]] = ()
    """More parameters for gets and lists."""

    _kinds: list[str] = field(default_factory=list)
    _names: list[str] = field(default_factory=list)
    _tuples: list[tuple[str, str]] = field(default_factory=list)
    _errors: list[Exception] = field(default_factory=list)

    def resource_names(self, default_kind: str, names: Sequence[str]) -> "Builder":
        """Names, each alone or as kind/name."""
        for name in names:
            try:
                pair = split_resource_name(name)
                if pair is None and not default_kind:
                    raise CommandError(f'the argument "{name}" must be RESOURCE/NAME')
                self._tuples.append(pair or (default_kind, name))
            except CommandError as error:
                self._errors.append(error)
        return self

    def resource_types(self, *kinds: str) -> "Builder":
        self._kinds += kinds
        return self

    async def type_or_name_args(self, args: Sequence[str]) -> "Builder":
        """`pods`, `pods,services`, `pod x y`, `pod/x svc/y`, `all`."""
        args = _spread(list(args))
        slashes = sum("/" in word for word in args)
        if slashes and slashes != len(args):
            self._errors.append(CommandError(_MIXED))
        elif slashes:
            try:
                self._tuples += [pair for word in args if (pair := split_resource_name(word))]
            except CommandError as error:
                self._errors.append(error)
        elif args:
            self._kinds += await self._kinds_of(args[0])
            self._names += args[1:]
            if len(args) == 1 and self.everything_by_default and not self.label_selector:
                self.select_all = True
        return self

    async def build(self) -> "Result":
        """What is asked for. Raises CommandError and NoResourceMatchError."""
        found = aggregate(self._errors)
        if found is not None:
            raise found
        if self.filenames:
            return self._by_paths()
        if self.label_selector or self.field_selector or self.select_all:
            return await self._by_selector()
        if self._tuples:
            return await self._by_tuples()
        if self._names:
            return await self._by_names()
        if self._kinds:
            for kind in self._kinds:
                (await self.k.mapper()).find(kind)
            raise CommandError("resource(s) were provided, but no name was specified")
        raise CommandError(MISSING)

    async def infos(self) -> list[Info]:
        """All objects at once."""
        return await (await self.build()).infos()

    async def _kinds_of(self, word: str) -> list[str]:
        kinds: list[str] = []
        for part in word.split(","):
            category = (await self.k.mapper()).expand(part) if not self.local else []
            kinds += [mapping.group_resource for mapping in category] or [part]
        return [kind for kind in kinds if kind] if "," in word or kinds == [""] else kinds

    def _by_paths(self) -> "Result":
        if self._kinds:
            raise CommandError(
                "when paths, URLs, or stdin is provided as input, you may not specify resource arguments "
                "as well"
            )
        if self._names:
            raise CommandError("name cannot be provided when a path is specified")
        if self._tuples:
            raise CommandError("resource/name arguments cannot be provided when a path is specified")
        sources = [self._file_source(name) for name in self.filenames]
        single = len(sources) == 1
        return Result(self, sources, single_item_implied=single, targets_single_items=True)

    def _file_source(self, name: str) -> Source:
        async def source() -> AsyncIterator[Info]:
            async for info in manifests.infos(self, name):
                yield info

        return source

    async def _by_selector(self) -> "Result":
        if self._names:
            raise CommandError("name cannot be provided when a selector is specified")
        if self._tuples:
            raise CommandError(
                "selectors and the all flag cannot be used when passing resource/name arguments"
            )
        if not self._kinds:
            raise CommandError("at least one resource must be specified to use a selector")
        if self.subresource:
            raise CommandError("subresource cannot be used when bulk resources are specified")
        mappings = await self._mappings()
        return Result(self, [self._list_source(mapping) for mapping in mappings], mappings=mappings)

    def _list_source(self, mapping: Mapping) -> Source:
        async def source() -> AsyncIterator[Info]:
            namespace = self._namespace_of(mapping)
            query = [
                *self.query,
                *([("labelSelector", self.label_selector)] if self.label_selector else ()),
                *([("fieldSelector", self.field_selector)] if self.field_selector else ()),
                *([("limit", str(self.chunk_size))] if self.chunk_size else ()),
            ]
            more = ""
            while True:
                asked = [*query, ("continue", more)] if more else query
                path = mapping.path(namespace)
                found = await self.k.client.request("GET", path, asked, accept=self.accept)
                yield Info(mapping, namespace, "", found)
                more = (found.get("metadata") or {}).get("continue") or ""
                if not more:
                    return

        return source

    async def _by_tuples(self) -> "Result":
        if self._kinds:
            raise CommandError("you may not specify individual resources and bulk resources in the same call")
        mapper = await self.k.mapper()
        mappings = [mapper.find(kind) for kind, _ in self._tuples]
        if self.single_type and len(set(mappings)) > 1:
            raise CommandError("you may only specify a single resource type")
        names = [name for _, name in self._tuples]
        sources = [self._named(m, name) for m, name in zip(mappings, names, strict=True)]
        return Result(
            self,
            sources,
            single_item_implied=len(sources) == 1,
            targets_single_items=True,
            mappings=list(dict.fromkeys(mappings)),
        )

    async def _by_names(self) -> "Result":
        if not self._kinds:
            raise CommandError("you must provide a resource and a resource name together")
        if len(self._kinds) > 1:
            raise CommandError("you must specify only one resource")
        (mapping,) = await self._mappings()
        return Result(
            self,
            [self._named(mapping, name) for name in self._names],
            single_item_implied=len(self._names) == 1,
            targets_single_items=True,
            mappings=[mapping],
        )

    def _named(self, mapping: Mapping, name: str) -> Source:
        namespace = self._namespace_of(mapping)
        if mapping.namespaced and not namespace:
            raise CommandError(
                "a resource cannot be retrieved by name across all namespaces"
                if self.all_namespaces
                else "namespace may not be empty when retrieving a resource by name"
            )

        async def source() -> AsyncIterator[Info]:
            info = Info(mapping, namespace, name, subresource=self.subresource)
            if self.require_object:
                await info.get(self.k, self.accept)
            yield info

        return source

    async def _mappings(self) -> list[Mapping]:
        if self.single_type and len(self._kinds) > 1:
            raise CommandError("you may only specify a single resource type")
        mapper = await self.k.mapper()
        return list(dict.fromkeys(mapper.find(kind) for kind in self._kinds))

    def _namespace_of(self, mapping: Mapping) -> str:
        return "" if self.all_namespaces or not mapping.namespaced else self.namespace


@dataclass
class Result:
    """What a builder found; nothing is fetched before it is visited.

    `single_item_implied`: one object was named, so one is printed, and no list. `targets_single_items`:
    objects were named. `mappings` are the kinds asked for, none for files.
    """

    builder: Builder
    sources: list[Source]
    single_item_implied: bool = False
    targets_single_items: bool = False
    mappings: list[Mapping] = field(default_factory=list)

    async def infos(self) -> list[Info]:
        """All of them. Raises what went wrong, if anything did."""
        found, error = await self.try_infos()
        if error is not None:
            raise error
        return found

    async def try_infos(self) -> tuple[list[Info], Exception | None]:
        """Those that could be had, and what went wrong with the others."""
        found: list[Info] = []

        async def keep(info: Info) -> None:
            found.append(info)

        try:
            await self.visit(keep)
        except KubectlError as error:
            return found, error
        return found, None

    async def visit(self, visit: Visit) -> None:
        """Call `visit` with each object. Raises the first error, or with continue_on_error all at the end."""
        errors: list[Exception] = []
        for source in self.sources:
            try:
                async for info in source():
                    await self._visit_parts(info, visit, errors)
            except KubectlError as error:
                if not self.builder.continue_on_error:
                    raise
                errors.append(error)
        found = aggregate(errors)
        if found is not None:
            raise found

    async def _visit_parts(self, info: Info, visit: Visit, errors: list[Exception]) -> None:
        """Visit an object, or with `flatten` each of a list's; errors of a list's objects are gathered."""
        if not self.builder.flatten or not is_list(info.obj):
            await self._visit_one(info, visit, errors)
            return
        own: list[Exception] = []
        for part in await self._parts(info):
            try:
                await visit(part)
            except KubectlError as error:
                own.append(error)
        if own and not self.builder.continue_on_error:
            found = aggregate(own)
            assert found is not None
            raise found
        errors += own

    async def _visit_one(self, info: Info, visit: Visit, errors: list[Exception]) -> None:
        try:
            await visit(info)
        except KubectlError as error:
            if not self.builder.continue_on_error:
                raise
            errors.append(error)

    async def _parts(self, info: Info) -> list[Info]:
        kind, version = info.obj.get("kind", ""), info.obj.get("apiVersion", "")
        mapper = await self.builder.k.mapper()
        parts = []
        for item in info.obj["items"]:
            # Objects in a list of one kind need not say what they are.
            obj = (
                {"apiVersion": version, "kind": kind.removesuffix("List"), **item} if kind != "List" else item
            )
            mapping = mapper.of_object(obj)
            if mapping is None:
                raise NoResourceMatchError(obj.get("kind", ""))
            metadata = obj.get("metadata") or {}
            part = Info(mapping, metadata.get("namespace", ""), metadata.get("name", ""), obj, info.source)
            manifests.place(self.builder, part)
            parts.append(part)
        return parts


_MIXED = (
    "there is no need to specify a resource type as a separate argument when passing arguments in "
    "resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource "
    "resource/<resource_name>'"
)


def is_list(obj: Object) -> bool:
    return isinstance(obj.get("items"), list) and obj.get("kind", "").endswith("List")


def split_resource_name(word: str) -> tuple[str, str] | None:
    """`pod/x` as (pod, x); None for a word without a slash. Raises CommandError."""
    if "/" not in word:
        return None
    parts = word.split("/")
    if len(parts) != 2:
        raise CommandError("arguments in resource/name form may not have more than one slash")
    kind, name = parts
    if not kind or not name or "," in kind:
        raise CommandError("arguments in resource/name form must have a single resource and name")
    return kind, name


def _spread(args: list[str]) -> list[str]:
    """`a,b c d` as a/c a/d b/c b/d."""
    kinds = [kind for kind in args[0].split(",") if kind] if len(args) >= 2 else []
    return [f"{kind}/{name}" for kind in kinds for name in args[1:]] if len(kinds) > 1 else args


async def _demand_namespace(k: Kubectl, namespace: str) -> None:
    await k.client.get(f"/api/v1/namespaces/{namespace}")
