"""Which fields objects have, and of which type: checks what comes from outside.

Models the strict decoding of apimachinery (`pkg/runtime/serializer/json`, `sigs.k8s.io/json`): unknown
fields are complained of or dropped, wrong types refused with the words of Go's JSON decoder. The
schemas are read once, when first needed.
"""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from clusters.engine.apiserver import definitions
from clusters.engine.apiserver.messages import MESSAGES, names, pointers

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
    "bytes": "[]uint8",
}
_NEVER_EMPTY: Final = ("any", "int-or-string", "quantity", "struct", "time")
_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Field:
    """The type of a field.

    `kind` is struct, map, list, string, bytes, bool, int32, int64, quantity, int-or-string, time or any.
    `item` is what a map or list holds. `merges`, `merge_key` and `retains_keys` are the strategy by which a
    strategic merge patch changes it. For server-side apply `atomic` says that a struct, map or list
    belongs to one manager as a whole; the items of another list are told apart by their `keys`, or, if it
    has none, by their values. `required` is a field that Go writes even if it is empty; one that is a
    `pointer` can be zero without being empty.
    """

    kind: str
    struct: "Struct | None" = None
    item: "Field | None" = None
    merges: bool = False
    merge_key: str = ""
    retains_keys: bool = False
    atomic: bool = False
    keys: tuple[str, ...] = ()
    required: bool = False
    pointer: bool = False

    @property
    def omits_empty(self) -> bool:
        """Whether Go leaves the field out of JSON while it is zero, or holds nothing."""
        return not (self.required or self.pointer or self.kind in _NEVER_EMPTY)

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
    """A type with named fields, such as `v1.PodSpec`; they stand in the order in which Go writes them."""

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
    """The type of a kind that is served, or is the body of a sub-resource. Raises KeyError for any other."""
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
    schemas = definitions.load()
    structs = _Structs(schemas)
    return {
        (f"{group}/{version}" if group else version, kind): structs.struct(name)
        for (group, version, kind), name in definitions.names(schemas).items()
    }


class _Structs:
    """Makes types of definitions, each once, and only those that are reached."""

    def __init__(self, schemas: Mapping[str, definitions.Schema]) -> None:
        self._schemas = schemas
        self._made: dict[str, Struct] = {}

    def struct(self, name: str) -> Struct:
        """The type of that definition."""
        made = self._made.get(name)
        if made is None:
            # Known before its fields are, since types may contain themselves.
            made = self._made[name] = Struct(name)
            schema = self._schemas[name]
            required = schema.get("required", ())
            optional = pointers(_message(name))
            for key in _in_go_order(name, schema["properties"]):
                made.fields[key] = replace(
                    self._field(schema["properties"][key]), required=key in required, pointer=key in optional
                )
        return made

    def _field(self, definition: definitions.Schema) -> Field:
        strategy = definition.get("x-kubernetes-patch-strategy", "").split(",")
        if name := definitions.referred(definition):
            field = self._referred(name, "retainKeys" in strategy)
            return replace(field, atomic=True) if _is_atomic(definition) else field
        type_ = definition.get("type", "any")
        if type_ == "array":
            return Field(
                "list",
                item=self._field(definition["items"]),
                merges="merge" in strategy,
                merge_key=definition.get("x-kubernetes-patch-merge-key", ""),
                retains_keys="retainKeys" in strategy,
                atomic=definition.get("x-kubernetes-list-type") not in ("map", "set"),
                keys=tuple(definition.get("x-kubernetes-list-map-keys", ())),
            )
        if type_ == "object":
            item = definition.get("additionalProperties")
            if not item:
                return Field("any")
            return Field("map", item=self._field(item), atomic=_is_atomic(definition))
        if type_ == "integer":
            return Field(definition.get("format", "int64"))
        text = "bytes" if definition.get("format") == "byte" else "string"
        return Field({"boolean": "bool", "string": text}.get(type_, "any"))

    def _referred(self, name: str, retains_keys: bool) -> Field:
        if name in _SPECIAL:
            return Field(_SPECIAL[name])
        if "properties" not in self._schemas[name]:
            return self._field(self._schemas[name])
        atomic = _is_atomic(self._schemas[name])
        return Field("struct", struct=self.struct(name), retains_keys=retains_keys, atomic=atomic)


def _message(name: str) -> str:
    """What the table of messages calls a definition."""
    *_, group, _version, kind = name.split(".")
    prefixed = f"{group.capitalize()}{kind}"
    return prefixed if prefixed in MESSAGES else kind


def _in_go_order(name: str, properties: definitions.Schema) -> list[str]:
    own = names(_message(name))
    order = [*(key for key in ("kind", "apiVersion", "metadata") if key not in own), *own]
    return [*(key for key in order if key in properties), *(key for key in properties if key not in order)]


def _is_atomic(definition: definitions.Schema) -> bool:
    return definition.get("x-kubernetes-map-type") == "atomic"
