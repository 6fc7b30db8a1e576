"""Which fields objects have, and of which type: checks what comes from outside.

Models the strict decoding of apimachinery (`pkg/runtime/serializer/json`, `sigs.k8s.io/json`): unknown
fields are complained of or dropped, wrong types refused with the words of Go's JSON decoder. The
definitions are those of the package kubernetes-validate, read once, when first needed. Left out: what
they do not say, such as Go's tolerance for base64 texts.
"""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import orjson

from clusters.engine.apiserver.resources import RESOURCES

_PACKAGE: Final = "kubernetes_validate"
_DEFINITIONS: Final = "kubernetes-json-schema/v1.37.0-local/_definitions.json"
_REF: Final = "#/$defs/"

_SPECIAL: Final = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "int-or-string",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "time",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "time",
}
_GO_TYPES: Final = {
    "time": "v1.Time",
    "quantity": "resource.Quantity",
    "int-or-string": "int32",
}
_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Field:
    """The type of a field.

    `kind` is struct, map, list, string, bool, int32, int64, quantity, int-or-string, time or any. `item`
    is what a map or list holds. `merges`, `merge_key` and `retains_keys` are the strategy by which a
    patch changes it.
    """

    kind: str
    struct: "Struct | None" = None
    item: "Field | None" = None
    merges: bool = False
    merge_key: str = ""
    retains_keys: bool = False

    @property
    def go_type(self) -> str:
        """As Go's decoder names it: `int32`, `[]v1.Container`, `map[string]string`."""
        if self.struct is not None:
            return self.struct.go_type
        if self.item is not None:
            return ("[]" if self.kind == "list" else "map[string]") + self.item.go_type
        return _GO_TYPES.get(self.kind, self.kind)


@dataclass(eq=False, slots=True)
class Struct:
    """A type with named fields, such as `v1.PodSpec`."""

    name: str
    fields: dict[str, Field] = field(default_factory=dict)

    @property
    def short_name(self) -> str:
        """Without its package: `PodSpec`."""
        return self.name.rpartition(".")[2]

    @property
    def go_type(self) -> str:
        """As Go names it: `v1.PodSpec`."""
        return ".".join(self.name.split(".")[-2:])


_lock: Final = threading.Lock()
_known: dict[tuple[str, str], Struct] = {}


def struct_of(api_version: str, kind: str) -> Struct:
    """The type of a served kind. Raises KeyError for any other."""
    if not _known:
        # Several threads may ask at once; the file is read by one of them.
        with _lock:
            if not _known:
                _known.update(_load())
    return _known[api_version, kind]


def is_rfc3339(text: str) -> bool:
    """Whether a text looks like a time as JSON has it, with date, time and zone."""
    return _RFC3339.fullmatch(text) is not None


def _load() -> dict[tuple[str, str], Struct]:
    spec = find_spec(_PACKAGE)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    path = Path(next(iter(spec.submodule_search_locations))) / _DEFINITIONS
    definitions = orjson.loads(path.read_bytes())["$defs"]
    structs = _Structs(definitions)
    found = {}
    for name, definition in definitions.items():
        for served in definition.get("x-kubernetes-group-version-kind", ()):
            for resource in RESOURCES:
                if (resource.group, resource.version, resource.kind) == tuple(
                    served[part] for part in ("group", "version", "kind")
                ):
                    found[resource.api_version, resource.kind] = structs.struct(name)
    return found


class _Structs:
    """Makes types of definitions, each once, and only those that are reached."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._made: dict[str, Struct] = {}

    def struct(self, name: str) -> Struct:
        """The type of that definition."""
        made = self._made.get(name)
        if made is None:
            # Known before its fields are, since types may contain themselves.
            made = self._made[name] = Struct(name)
            for key, definition in self._definitions[name]["properties"].items():
                made.fields[key] = self._field(definition)
        return made

    def _field(self, definition: Mapping[str, Any]) -> Field:
        strategy = definition.get("x-kubernetes-patch-strategy", "").split(",")
        if reference := definition.get("$ref"):
            return self._referred(reference.removeprefix(_REF), "retainKeys" in strategy)
        types = definition.get("type", ())
        type_ = next((t for t in ([types] if isinstance(types, str) else types) if t != "null"), "any")
        if type_ == "array":
            return Field(
                "list",
                item=self._field(definition["items"]),
                merges="merge" in strategy,
                merge_key=definition.get("x-kubernetes-patch-merge-key", ""),
                retains_keys="retainKeys" in strategy,
            )
        if type_ == "object":
            item = definition.get("additionalProperties")
            return Field("map", item=self._field(item)) if item else Field("any")
        if type_ == "integer":
            return Field(definition.get("format", "int64"))
        return Field({"boolean": "bool", "string": "string"}.get(type_, "any"))

    def _referred(self, name: str, retains_keys: bool) -> Field:
        if name in _SPECIAL:
            return Field(_SPECIAL[name])
        if "properties" not in self._definitions[name]:
            return self._field(self._definitions[name])
        return Field("struct", struct=self.struct(name), retains_keys=retains_keys)
