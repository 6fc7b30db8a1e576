"""The schemas of everything that the API takes and gives, as OpenAPI 3.0 writes them.

Stands for the definitions that kube-apiserver is built with (`pkg/generated/openapi`). They are those of
the package kubernetes-validate, of which only what the served kinds reach is kept, and those of
metrics.k8s.io, which it does not have. As reading all of them is slow, the kept ones lie in a file that
is made anew for every version of the package and of this module. Left out: defaults, which the package
does not have, and Table.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import orjson

from clusters.engine.apiserver.resources import RESOURCES

Schema = dict[str, Any]
GroupVersionKind = tuple[str, str, str]

GVK: Final = "x-kubernetes-group-version-kind"
META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1."
QUANTITY: Final = "io.k8s.apimachinery.pkg.api.resource.Quantity"
VERSION: Final = "io.k8s.apimachinery.pkg.version.Info"

_DISTRIBUTION: Final = "kubernetes-validate"
_PACKAGE: Final = "kubernetes_validate"
_DEFINITIONS: Final = "kubernetes-json-schema/v1.37.0-local/_definitions.json"
_REF: Final = "#/$defs/"
_REF_OPENAPI: Final = "#/components/schemas/"
_METRICS: Final = "io.k8s.metrics.pkg.apis.metrics.v1beta1."
_OF_THE_API_ITSELF: Final = (
    *(
        META + kind
        for kind in (
            "APIGroup",
            "APIGroupList",
            "APIResourceList",
            "APIVersions",
            "DeleteOptions",
            "Patch",
            "Status",
            "WatchEvent",
        )
    ),
    VERSION,
)


def _served_kinds() -> Iterator[GroupVersionKind]:
    """The kinds of all bodies; those that are parameters only (PodExecOptions) have no schema."""
    for resource in RESOURCES:
        yield resource.group, resource.version, resource.kind
        if "list" in resource.verbs:
            yield resource.group, resource.version, f"{resource.kind}List"
        for part in resource.subresources:
            yield part.group, part.version, part.kind


_KINDS: Final = frozenset(_served_kinds())
_VERSIONS: Final = frozenset((group, version) for group, version, _ in _KINDS)


def _metrics_kind(kind: str, about: str, properties: Schema, required: list[str]) -> Schema:
    version = {"type": "string", "description": "The group and version that this is written in."}
    named = {"type": "string", "description": "The kind of this object."}
    return {
        "description": about,
        "properties": {"apiVersion": version, "kind": named, **properties},
        "required": required,
        "type": "object",
        GVK: [{"group": "metrics.k8s.io", "version": "v1beta1", "kind": kind}],
    }


def _metrics_list(kind: str) -> Schema:
    items = {
        "type": "array",
        "items": _ref(_METRICS + kind),
        "description": "One for each that was measured.",
    }
    meta = {"description": "The version of the list.", **_ref(META + "ListMeta")}
    about = f"A list of {kind}."
    return _metrics_kind(f"{kind}List", about, {"items": items, "metadata": meta}, ["items"])


def _ref(name: str) -> Schema:
    return {"$ref": _REF + name}


_USAGE: Final[Schema] = {
    "description": "How much of each resource is used, by its name: cpu and memory.",
    "type": "object",
    "additionalProperties": _ref(QUANTITY),
}
_MEASURED: Final[Schema] = {
    "metadata": {"description": "The name of what was measured.", **_ref(META + "ObjectMeta")},
    "timestamp": {"description": "When the measured window ended.", **_ref(META + "Time")},
    "window": {"description": "For how long was measured, such as 30s.", "type": "string"},
}
_METRICS_DEFINITIONS: Final = {
    _METRICS + "ContainerMetrics": {
        "description": "What one container uses.",
        "properties": {
            "name": {"description": "The name of the container in the pod.", "type": "string"},
            "usage": _USAGE,
        },
        "required": ["name", "usage"],
        "type": "object",
    },
    _METRICS + "NodeMetrics": _metrics_kind(
        "NodeMetrics",
        "What one node uses.",
        {**_MEASURED, "usage": _USAGE},
        ["timestamp", "window", "usage"],
    ),
    _METRICS + "NodeMetricsList": _metrics_list("NodeMetrics"),
    _METRICS + "PodMetrics": _metrics_kind(
        "PodMetrics",
        "What the containers of one pod use.",
        {
            **_MEASURED,
            "containers": {
                "description": "One for each container that runs.",
                "type": "array",
                "items": _ref(_METRICS + "ContainerMetrics"),
                "x-kubernetes-list-type": "atomic",
            },
        },
        ["timestamp", "window", "containers"],
    ),
    _METRICS + "PodMetricsList": _metrics_list("PodMetrics"),
}

_folder: Path | None = None


def use_cache(folder: Path) -> None:
    """From now on the kept schemas are looked for in that folder, and written there."""
    global _folder
    _folder = folder


def load() -> dict[str, Schema]:
    """All kept schemas by name, such as `io.k8s.api.core.v1.Pod`.

    A cache that is broken, or cannot be written, only makes this slower (tens of milliseconds).
    """
    if _folder is None:
        return _trimmed()
    path = _folder / f"definitions-{version(_DISTRIBUTION)}-{_digest()}.json"
    found = _read(path)
    if found is None:
        found = _trimmed()
        with suppress(OSError):
            _write(path, orjson.dumps(found))
    return found


def names(schemas: Mapping[str, Schema]) -> dict[GroupVersionKind, str]:
    """By which name the schema of a group, version and kind is found."""
    return {served: name for name, schema in schemas.items() for served in _kinds(schema)}


def referred(schema: Schema) -> str:
    """The name of the schema that this one refers to, or ""."""
    alone = schema.get("allOf", [schema])[0]
    return str(alone.get("$ref", "")).removeprefix(_REF_OPENAPI)


def reference(name: str) -> Schema:
    """A schema that refers to the one of that name."""
    return {"$ref": _REF_OPENAPI + name}


def references(schema: Any) -> Iterator[str]:
    """The names of all schemas that this one refers to, itself or in its parts."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield referred(schema)
        for part in schema.values():
            yield from references(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from references(part)


def reached(roots: Iterable[str], schema_of: Callable[[str], Schema]) -> dict[str, Schema]:
    """The schemas of these names, and of all that they refer to, sorted by name."""
    waiting = list(roots)
    found: dict[str, Schema] = {}
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = schema_of(name)
            waiting += references(found[name])
    return dict(sorted(found.items()))


def _digest() -> str:
    made_by = Path(__file__).read_bytes() + repr(sorted(_KINDS)).encode()
    return sha256(made_by).hexdigest()[:16]


def _read(path: Path) -> dict[str, Schema] | None:
    try:
        found = orjson.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    whole = isinstance(found, dict) and found.keys() >= set(_OF_THE_API_ITSELF)
    return found if whole else None


def _write(path: Path, content: bytes) -> None:
    # Moved when it is whole, as several processes may start at once.
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as place:
        whole = Path(place) / path.name
        whole.write_bytes(content)
        whole.replace(path)
    for old in path.parent.glob("definitions-*.json"):
        if old != path:
            old.unlink(missing_ok=True)


def _trimmed() -> dict[str, Schema]:
    source = _source()
    by_kind = names(source)
    roots = [*_OF_THE_API_ITSELF, *(by_kind[kind] for kind in _KINDS if kind in by_kind)]
    return reached(roots, lambda name: _published(source[name]))


def _source() -> dict[str, Schema]:
    spec = find_spec(_PACKAGE)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    path = Path(next(iter(spec.submodule_search_locations))) / _DEFINITIONS
    definitions: dict[str, Schema] = orjson.loads(path.read_bytes())["$defs"]
    return definitions | _METRICS_DEFINITIONS


def _kinds(schema: Schema) -> Iterator[GroupVersionKind]:
    for kind in schema.get(GVK, ()):
        yield kind["group"], kind["version"], kind["kind"]


def _published(schema: Schema) -> Schema:
    """One schema as kube-apiserver publishes it. JSON Schema's null types, which say that a field may
    be left out, are not in it, nor which texts `kind` and `apiVersion` have."""
    made: Schema = {}
    for key, value in schema.items():
        if key == "type":
            made[key] = value if isinstance(value, str) else next(t for t in value if t != "null")
        elif key == "properties":
            made[key] = {name: _published(field) for name, field in value.items()}
        elif key in ("items", "additionalProperties"):
            made[key] = _published(value)
        elif key == "oneOf":
            made[key] = [_published(one) for one in value]
        elif key == GVK:
            made[key] = [kind for kind in value if (kind["group"], kind["version"]) in _VERSIONS]
        elif key not in ("$ref", "enum"):
            made[key] = value
    return _with_reference(made, schema["$ref"]) if "$ref" in schema else made


def _with_reference(beside: Schema, target: str) -> Schema:
    # In OpenAPI 3.0 nothing counts that stands beside a $ref.
    refers = reference(target.removeprefix(_REF))
    return {"allOf": [refers], **beside} if beside else refers
