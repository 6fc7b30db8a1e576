"""Objects from files: several YAML documents, or JSON.

Models cli-runtime's `pkg/resource` (StreamVisitor, mapper, ValidateSchema) with kubectl's `pkg/validation`.
Left out: the client's own check of the objects in a List against the server's schemas.
"""

import posixpath
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from clusters.engine.apiserver.decoding import DecodeError, decode_fields
from clusters.engine.objects import Object
from clusters.terminal.kubectl.documents import DocumentError, documents
from clusters.terminal.kubectl.errors import AggregateError, CommandError, UnsupportedError, aggregate
from clusters.terminal.kubectl.info import Info
from clusters.terminal.kubectl.pflag import FlagSet
from clusters.terminal.kubectl.printers.gofmt import quote
from clusters.terminal.kubectl.printers.json_text import compact_json
from clusters.terminal.kubectl.restmapper import Mapping, RESTMapper

if TYPE_CHECKING:
    from clusters.terminal.kubectl.builder import Builder

TEMPORARY: Final = "/tmp/"
EXTENSIONS: Final = (".json", ".yaml", ".yml")
_STOP: Final = "if you choose to ignore these errors, turn validation off with --validate=false"
_METADATA: Final = re.compile(r"^(json: cannot unmarshal \w+ into Go struct field )Pod\.metadata ")


def require_filename(flags: FlagSet) -> None:
    """Raises CommandError without -f and -k: RequireFilenameOrKustomize."""
    if not flags["filename"] and not flags["kustomize"]:
        raise CommandError("must specify one of -f and -k")


async def paths(builder: "Builder") -> list[str]:
    """The files that -f means, each as messages name it. Raises CommandError, or several as one."""
    names = await builder.k.host.files.names()
    found: list[str] = []
    errors: list[Exception] = []
    for said in builder.filenames:
        try:
            found += _matching(said, sorted(names))
        except CommandError as error:
            errors.append(error)
    failure = aggregate(errors)
    if failure is not None:
        raise failure
    return found


def _matching(said: str, names: Sequence[str]) -> list[str]:
    """The files of one -f: the file itself, those of the folder, or those of the pattern."""
    if said == "-":
        raise UnsupportedError("this terminal has no standard input for -f -: write a file and name it")
    if said.startswith(("http://", "https://")):
        raise UnsupportedError(f"this terminal does not fetch {said}: copy it into a file and name that")
    name = local_name(said)
    if name == ".":
        found = [name for name in names if name.endswith(EXTENSIONS)]
        if not found:
            raise CommandError(
                f"error reading [{said}]: recognized file extensions are [{' '.join(EXTENSIONS)}]"
            )
        return found
    if name in names:
        return [said]
    if "[" in name and "]" not in name.rpartition("[")[2]:
        raise CommandError(f"pattern {quote(said)} is not valid: syntax error in pattern")
    pattern = name.replace("[^", "[!")
    found = [name for name in names if fnmatchcase(name, pattern)]
    if not found:
        raise CommandError(f"the path {quote(said)} does not exist")
    return found


def local_name(said: str) -> str:
    """A path without what means the one folder there is: `./x.yaml` is `x.yaml`.

    What `kubectl edit` says that it has kept in /tmp is in that folder, too.
    """
    return posixpath.normpath(said).removeprefix(TEMPORARY) if said else ""


async def read(builder: "Builder", path: str) -> str:
    """The text of a file. Raises CommandError if it is there no more."""
    try:
        return await builder.k.host.files.read(local_name(path))
    except FileNotFoundError as error:
        raise CommandError(f"the path {quote(path)} does not exist") from error


async def infos(builder: "Builder", text: str, source: str) -> AsyncIterator[Info | CommandError]:
    """The objects of a text, and in the places of those that are none, errors. `source` is the file's name.

    Raises CommandError where the rest cannot be read.
    """
    mapper = None if builder.local else await builder.k.mapper()
    for obj in _readable(text, source):
        if obj is None:
            continue
        if builder.validates:
            _demand_valid(obj, source)
        try:
            yield _info(mapper, obj, source)
        except CommandError as error:
            yield error


def _readable(text: str, source: str) -> Iterator[Any]:
    try:
        yield from documents(text)
    except DocumentError as error:
        raise CommandError(f"error parsing {source}: {error}") from error


def _demand_valid(obj: Any, source: str) -> None:
    why = invalidity(obj)
    if why:
        raise CommandError(f"error validating {quote(source)}: error validating data: {why}; {_STOP}")


def invalidity(obj: Any) -> str:
    """Why a document is no object that can be sent, "" if it can: ValidateBytes."""
    complaints = _complaints(obj)
    if not complaints and (obj["apiVersion"], obj["kind"]) == ("v1", "List"):
        if not isinstance(obj.get("items"), list):
            return "invalid object to validate"
        complaints = [complaint for item in obj["items"] for complaint in _complaints(item)]
    return str(AggregateError([CommandError(complaint) for complaint in complaints])) if complaints else ""


def _complaints(obj: Any) -> list[str]:
    """What a document lacks to be an object: getObjectKind."""
    if not isinstance(obj, dict):
        return ["invalid object to validate"]
    complaints = []
    for name in ("apiVersion", "kind"):
        value = obj.get(name)
        if value is None:
            complaints.append(f"{name} not set")
        elif not isinstance(value, str):
            complaints.append(f"{name} isn't string type")
        elif name == "apiVersion" and value.count("/") > 1:
            complaints.append(f"unexpected GroupVersion string: {value}")
    return complaints


def _info(mapper: RESTMapper | None, obj: Any, source: str) -> Info:
    """The object with its mapping. Raises CommandError."""
    why = _undecodable(obj)
    if why:
        raise CommandError(f"unable to decode {quote(source)}: {why}")
    metadata = obj.get("metadata") or {}
    name, namespace = metadata.get("name") or "", metadata.get("namespace") or ""
    mapping = mapping_of(mapper, obj)
    if mapping is None:
        raise CommandError(
            f"resource mapping not found for name: {quote(name)} namespace: {quote(namespace)} "
            f"from {quote(source)}: {no_kind_match(obj)}\nensure CRDs are installed first"
        )
    return Info(mapping, namespace, name, obj, source)


def items(obj: Object) -> list[Any]:
    """The objects of a list; those of a list of one kind need not say what they are."""
    types = {"apiVersion": obj["apiVersion"], "kind": obj["kind"].removesuffix("List")}
    return [
        {**types, **item} if not item.get("kind") and not item.get("apiVersion") else item
        for item in obj["items"]
        if isinstance(item, dict)
    ]


def item_info(mapper: RESTMapper | None, obj: Object, source: str) -> Info:
    """An object of a list with its mapping. Raises CommandError."""
    if not obj.get("kind"):
        raise CommandError(
            'unable to get type info from the object "*unstructured.Unstructured": '
            "Object 'Kind' is missing in 'unstructured object has no kind'"
        )
    mapping = mapping_of(mapper, obj)
    if mapping is None:
        raise CommandError(f"unable to recognize {no_kind_match(obj)}")
    metadata = obj.get("metadata") or {}
    return Info(mapping, metadata.get("namespace") or "", metadata.get("name") or "", obj, source)


def mapping_of(mapper: RESTMapper | None, obj: Object) -> Mapping | None:
    """The mapping of an object, or of a list of objects; None if the server has no such kind.

    Without a mapper, the object is only worked on here and never sent.
    """
    api_version, kind = obj.get("apiVersion") or "", obj["kind"]
    if mapper is not None:
        found = mapper.of_kind(api_version, kind) or mapper.of_kind(api_version, kind.removesuffix("List"))
        is_known = any(mapping.api_version == api_version for mapping in mapper.mappings)
        if found is not None or kind != "List" or not is_known:
            return found
    group, _slash, version = api_version.rpartition("/")
    namespaced = bool((obj.get("metadata") or {}).get("namespace"))
    return Mapping(group, version, f"{kind.lower()}s", kind.lower(), kind, namespaced)


def no_kind_match(obj: Object) -> str:
    """What is said of an object of a kind that the server has not."""
    return f"no matches for kind {quote(obj['kind'])} in version {quote(obj.get('apiVersion') or '')}"


def _undecodable(obj: Any) -> str:
    """Why an object cannot be decoded, in the words of Go's JSON decoder; "" if it can."""
    if not isinstance(obj, dict):
        return f"json: cannot unmarshal {_json_type(obj)} into Go value of type unstructured.detector"
    if not obj.get("kind"):
        return f"Object 'Kind' is missing in '{compact_json(obj)}'"
    try:
        decode_fields({"apiVersion": "v1", "kind": "Pod", "metadata": obj.get("metadata") or {}})
    except DecodeError as error:
        return _METADATA.sub(r"\1metadataOnlyObject.metadata ", str(error))
    return ""


def _json_type(value: Any) -> str:
    return {str: "string", list: "array", bool: "bool"}.get(type(value), "number")


def place(builder: "Builder", info: Info) -> None:
    """Set or check the namespace of an object: upstream's SetNamespace, RequireNamespace, FilterNamespace.

    Raises CommandError.
    """
    if not info.mapping.namespaced:
        info.namespace = ""
        if (info.obj.get("metadata") or {}).get("namespace"):
            info.obj = _with_namespace(info.obj, "")
        return
    if not info.namespace and builder.namespace:
        info.namespace = builder.namespace
        if info.obj:
            info.obj = _with_namespace(info.obj, builder.namespace)
    if builder.enforce_namespace and info.namespace != builder.namespace:
        raise CommandError(
            f"the namespace from the provided object {quote(info.namespace)} does not match the namespace "
            f"{quote(builder.namespace)}. You must pass '--namespace={info.namespace}' to perform this "
            "operation."
        )


def _with_namespace(obj: Object, namespace: str) -> Object:
    metadata = {key: value for key, value in (obj.get("metadata") or {}).items() if key != "namespace"}
    return {**obj, "metadata": {**metadata, "namespace": namespace} if namespace else metadata}
