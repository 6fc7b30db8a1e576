"""From the arguments of a command, its files and its selectors to objects.

Models cli-runtime's `pkg/resource` (Builder, and the visitors that have objects). Left out: standard input,
files that are fetched over the network, kustomizations.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.labels import Selector, matches, parse_selector
from clusters.terminal.kubectl import manifests
from clusters.terminal.kubectl.errors import CommandError, KubectlError, UnsupportedError, aggregate
from clusters.terminal.kubectl.info import Info as Info
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.printers.gofmt import quote
from clusters.terminal.kubectl.rest import JSON
from clusters.terminal.kubectl.restmapper import Mapping
from clusters.terminal.kubectl.result import Found, Source, flattened, is_list
from clusters.terminal.kubectl.result import Result as Result

MISSING = """You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'"""


@dataclass
class Builder:
    """What is asked for; `build` finds out what that is.

    flatten: lists are taken apart; else a list is one Info, whose `obj` is the list.
    latest: objects of files are fetched. require_object: objects named are fetched. validates: documents of
    files that are no objects are told apart as the server's strict validation wants it. local: nothing is
    asked of the server.
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
    stream: tuple[str, str] | None = None
    """A text, and what messages call it, in the place of files."""
    validates: bool = False
    local: bool = False
    accept: str = JSON
    """How objects are asked for: as themselves, or as Tables."""
    query: Sequence[tuple[str, str]] = ()
    """More parameters for gets and lists."""

    _kinds: list[str] = field(default_factory=list)
    _names: list[str] = field(default_factory=list)
    _tuples: list[tuple[str, str]] = field(default_factory=list)
    _everything: bool = False
    _errors: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.select_all and (self.label_selector or self.field_selector):
            said = "setting 'all' parameter but found a non empty selector. "
            self._errors.append(CommandError(said))

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
                self._everything = True
        return self

    async def build(self) -> "Result":
        """What is asked for. Raises CommandError and NoResourceMatchError."""
        found = aggregate(self._errors)
        if found is not None:
            raise found
        self._refuse_kustomize()
        if self.filenames or self.stream is not None:
            return await self._by_paths()
        if self.label_selector or self.field_selector or self.select_all or self._everything:
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
        return list(dict.fromkeys(kinds))

    def _refuse_kustomize(self) -> None:
        flags = self.k.flags
        if "kustomize" not in flags.flags or not flags["kustomize"]:
            return
        if self.filenames:
            raise CommandError("only one of -f or -k can be specified")
        if flags["recursive"]:
            raise CommandError("the -k flag can't be used with -f or -R")
        raise UnsupportedError("the real kubectl has --kustomize, and this terminal does not")

    async def _by_paths(self) -> "Result":
        paths = await manifests.paths(self)
        if self._kinds:
            raise CommandError(
                "when paths, URLs, or stdin is provided as input, you may not specify resource arguments "
                "as well"
            )
        if self._names:
            raise CommandError("name cannot be provided when a path is specified")
        if self._tuples:
            raise CommandError("resource/name arguments cannot be provided when a path is specified")
        selector = self._file_selector()
        sources = [self._file_source(await manifests.read(self, path), path, selector) for path in paths]
        if self.stream is not None:
            sources.append(self._file_source(*self.stream, selector))
        return Result(self, sources, single_item_implied=len(sources) == 1, from_files=True)

    def _file_selector(self) -> Selector:
        try:
            return parse_selector(self.label_selector.strip())
        except ValueError as error:
            raise CommandError(
                f"the provided selector {quote(self.label_selector.strip())} is not valid: {error}"
            ) from error

    def _file_source(self, text: str, name: str, selector: Selector) -> Source:
        async def source() -> AsyncIterator[Found]:
            async for found in manifests.infos(self, text, name):
                for part in await self._parts(found):
                    if isinstance(part, Exception) or self._is_meant(part, selector):
                        yield part

        return source

    async def _parts(self, found: Found) -> Sequence[Found]:
        """What is in a file, in place of lists what is in them, fetched with `latest`."""
        if isinstance(found, Exception):
            return [found]
        flat = await flattened(self, found) if self.flatten and is_list(found.obj) else [found]
        return [await self._newest(part) for part in flat] if self.latest else flat

    async def _newest(self, part: Found) -> Found:
        if isinstance(part, Info):
            try:
                manifests.place(self, part)
                if part.name:
                    await part.get(self.k, self.accept)
            except KubectlError as error:
                return error
        return part

    def _is_meant(self, info: Info, selector: Selector) -> bool:
        return matches(selector, (info.obj.get("metadata") or {}).get("labels") or {})

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
        return Result(self, [self._list_source(mapping) for mapping in await self._mappings()])

    def _list_source(self, mapping: Mapping) -> Source:
        async def source() -> AsyncIterator[Found]:
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
                try:
                    found = await self.k.client.request("GET", path, asked, accept=self.accept)
                except StatusError as error:
                    raise self._list_error(mapping, error) from error
                yield Info(mapping, namespace, "", found)
                more = (found.get("metadata") or {}).get("continue") or ""
                if not more:
                    return

        return source

    def _list_error(self, mapping: Mapping, error: StatusError) -> StatusError:
        """The server's refusal of a list, with what was asked for: EnhanceListError."""
        if error.reason not in ("BadRequest", "NotFound"):
            return error
        listed = quote(mapping.group_version_resource)
        said = f"Unable to list {listed}"
        if self.label_selector or self.field_selector:
            labels, fields = quote(self.label_selector), quote(self.field_selector)
            said = f"Unable to find {listed} that match label selector {labels}, field selector {fields}"
        return StatusError(error.code, error.reason, f"{said}: {error.message}", error.details)

    async def _by_tuples(self) -> "Result":
        if self._kinds:
            raise CommandError("you may not specify individual resources and bulk resources in the same call")
        mapper = await self.k.mapper()
        mappings = [mapper.find(kind) for kind, _ in self._tuples]
        if self.single_type and len(set(mappings)) > 1:
            raise CommandError("you may only specify a single resource type")
        names = [name for _, name in self._tuples]
        sources = [self._named(m, name) for m, name in zip(mappings, names, strict=True)]
        return Result(self, sources, single_item_implied=len(sources) == 1)

    async def _by_names(self) -> "Result":
        if not self._kinds:
            raise CommandError("you must provide a resource and a resource name together")
        if len(self._kinds) > 1:
            raise CommandError("you must specify only one resource")
        (mapping,) = await self._mappings()
        sources = [self._named(mapping, name) for name in self._names]
        return Result(self, sources, single_item_implied=len(sources) == 1)

    def _named(self, mapping: Mapping, name: str) -> Source:
        namespace = self._namespace_of(mapping)
        if mapping.namespaced and not namespace:
            raise CommandError(
                "a resource cannot be retrieved by name across all namespaces"
                if self.all_namespaces
                else "namespace may not be empty when retrieving a resource by name"
            )

        async def source() -> AsyncIterator[Found]:
            yield Info(mapping, namespace, name, subresource=self.subresource)

        return source

    async def _mappings(self) -> list[Mapping]:
        if self.single_type and len(self._kinds) > 1:
            raise CommandError("you may only specify a single resource type")
        mapper = await self.k.mapper()
        return list(dict.fromkeys(mapper.find(kind) for kind in self._kinds))

    def _namespace_of(self, mapping: Mapping) -> str:
        return "" if self.all_namespaces or not mapping.namespaced else self.namespace


_MIXED = (
    "there is no need to specify a resource type as a separate argument when passing arguments in "
    "resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource "
    "resource/<resource_name>'"
)


def split_resource_name(word: str) -> tuple[str, str] | None:
    """`pod/x` as (pod, x); None for a word without a slash. Raises CommandError."""
    if "/" not in word:
        return None
    parts = word.split("/")
    if len(parts) != 2:
        raise CommandError("arguments in resource/name form may not have more than one slash")
    kind, name = parts
    if not kind or not name or len(set(kind.split(","))) > 1:
        raise CommandError("arguments in resource/name form must have a single resource and name")
    return kind, name


def _spread(args: list[str]) -> list[str]:
    """`a,b c d` as a/c a/d b/c b/d."""
    kinds = list(dict.fromkeys(args[0].split(","))) if len(args) >= 2 else []
    return [f"{kind}/{name}" for kind in kinds for name in args[1:]] if len(kinds) > 1 else args
