"""What people write, as objects: YAML or JSON, one document or several, or a List.

Models the reading side of kubectl (cli-runtime's `pkg/resource/visitor.go`, `sigs.k8s.io/yaml`) with its
messages. Documents are built from parser events, without recursion, so that neither deep nesting nor
aliases that multiply cost more than their text.
"""

import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from clusters.engine.apiserver.errors import StatusError, bad_request, too_large
from clusters.engine.apiserver.resources import BY_KIND, served
from clusters.engine.apiserver.scalars import resolve
from clusters.engine.objects import Object

MAX_BYTES: Final = 256 * 1024
_MAX_DEPTH: Final = 100
_MAX_NODES: Final = 200_000
"""More than a text of MAX_BYTES can hold without aliases."""
_MAX_ALIASES: Final = 100

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAGS: Final = tuple(f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null"))
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_MISSING: Final = object()


def parse_manifests(text: str, max_bytes: int = MAX_BYTES) -> list[Object]:
    """The objects that a text describes, in its order; what is in them is not looked at yet.

    Raises 413 RequestEntityTooLarge, 400 BadRequest for what cannot be read, has no kind, is of an
    unknown kind, or for no objects at all.
    """
    if len(text) > max_bytes or len(text.encode("utf-8", "replace")) > max_bytes:
        raise too_large(f"Request entity too large: limit is {max_bytes}")
    documents = deque(document for document in _documents(text) if document is not None)
    objects = []
    while documents:
        obj = documents.popleft()
        _demand_kind(obj)
        if obj["kind"].endswith("List") and isinstance(obj.get("items"), list):
            documents.extendleft(reversed(_items(obj)))
        else:
            _demand_served(obj)
            objects.append(obj)
    if not objects:
        raise bad_request("no objects passed to apply")
    return objects


def read_document(text: str) -> tuple[Any, list[str]]:
    """The first document of a text, as a value, None if there is none; and complaints about keys that are
    written twice, of which the last one counts. Raises 400 BadRequest."""
    builder = _Builder(forgiving=True)
    try:
        documents = _documents(text) if text.lstrip().startswith("{") else builder.build(text)
    except StatusError:
        # A key twice in JSON: as YAML it may be.
        documents = builder.build(text)
    return next((document for document in documents if document is not None), None), builder.complaints


def _items(listed: Object) -> list[Any]:
    kind = listed["kind"].removesuffix("List")
    if kind not in BY_KIND:
        return list(listed["items"])
    types = {"apiVersion": listed["apiVersion"], "kind": kind}
    return [{**types, **item} if isinstance(item, dict) else item for item in listed["items"]]


def _demand_kind(obj: Any) -> None:
    if not isinstance(obj, dict):
        found = {str: "string", list: "array", bool: "bool"}.get(type(obj), "number")
        raise bad_request(
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal"
            f" {found} into Go value of type map[string]interface {{}}"
        )
    unset = [f"{part} not set" for part in ("apiVersion", "kind") if not obj.get(part)]
    if unset:
        said = unset[0] if len(unset) == 1 else f"[{', '.join(unset)}]"
        raise bad_request(f"error validating data: {said}")
    for part in ("apiVersion", "kind"):
        if not isinstance(obj[part], str):
            raise bad_request(f"error validating data: {part} is not a string")


def _demand_served(obj: Object) -> None:
    if served(obj["apiVersion"], obj["kind"]) is None:
        metadata = obj.get("metadata")
        if not isinstance(metadata, dict):
            metadata = {}
        raise bad_request(
            f'resource mapping not found for name: "{metadata.get("name") or ""}"'
            f' namespace: "{metadata.get("namespace") or ""}":'
            f' no matches for kind "{obj["kind"]}" in version "{obj["apiVersion"]}"\n'
            "ensure CRDs are installed first"
        )


def _documents(text: str) -> list[Any]:
    if text.lstrip().startswith("{"):
        try:
            return list(_json_documents(text))
        except RecursionError as error:
            raise _unreadable("exceeded max depth") from error
        except ValueError:
            # Not JSON, but perhaps YAML in braces.
            pass
    return _Builder().build(text)


def _json_documents(text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder(object_pairs_hook=_unique_pairs, parse_constant=_refuse_constant)
    rest = text.strip()
    while rest:
        document, end = decoder.raw_decode(rest)
        yield _without_surrogates(document)
        rest = rest[end:].strip()


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise bad_request(f'error parsing JSON: key "{twice}" already set in map')
    return found


def _refuse_constant(name: str) -> Any:
    raise bad_request(f"error parsing JSON: invalid number {name}")


def _without_surrogates(value: Any, depth: int = 0) -> Any:
    if depth > _MAX_DEPTH:
        raise _unreadable("exceeded max depth")
    if isinstance(value, str):
        return _SURROGATES.sub("\ufffd", value)
    if isinstance(value, list):
        return [_without_surrogates(item, depth + 1) for item in value]
    if isinstance(value, dict):
        pairs = value.items()
        return {_without_surrogates(key): _without_surrogates(item, depth + 1) for key, item in pairs}
    return value


def _unreadable(why: str, line: int = 0) -> StatusError:
    where = f"line {line}: " if line else ""
    return bad_request(f"error converting YAML to JSON: yaml: {where}{why}")


@dataclass(slots=True)
class _Open:
    """A collection whose end was not read yet. `size` counts the nodes in it, aliases in full."""

    value: dict[str, Any] | list[Any]
    anchor: str | None
    size: int = 1
    key: Any = _MISSING
    key_is_merge: bool = False
    merged: dict[str, Any] = field(default_factory=dict)


class _Builder:
    """Makes values of the events of a YAML parser. A key that is there twice is an error, or, if it is
    `forgiving`, one of the `complaints`."""

    def __init__(self, *, forgiving: bool = False) -> None:
        self.complaints: list[str] = []
        self._forgiving = forgiving
        self._documents: list[Any] = []
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._aliases = 0

    def build(self, text: str) -> list[Any]:
        """The documents of a text. Raises 400 BadRequest with the line."""
        try:
            for event in yaml.parse(text.encode("utf-8", "replace"), Loader=_LOADER):
                self._take(event)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            why = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
            raise _unreadable(why, mark.line + 1 if mark else 0) from error
        return self._documents

    def _take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.DocumentStartEvent):
            self._anchors = {}
        elif isinstance(event, yaml.ScalarEvent):
            self._add(_scalar(event, line), 1, line, event.anchor, plain=event.implicit[0])
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event.anchor or "", line)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            if len(self._open) >= _MAX_DEPTH:
                raise _unreadable("exceeded max depth", line)
            self._open.append(_Open({} if isinstance(event, yaml.MappingStartEvent) else [], event.anchor))
            self._anchors.pop(event.anchor or "", None)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            closed = self._open.pop()
            value = closed.value
            if isinstance(value, dict) and closed.merged:
                value = {**closed.merged, **value}
            self._add(value, closed.size, line, closed.anchor)

    def _alias(self, anchor: str, line: int) -> None:
        self._aliases += 1
        if self._aliases > _MAX_ALIASES:
            raise _unreadable("document contains excessive aliasing")
        if anchor not in self._anchors:
            if any(collection.anchor == anchor for collection in self._open):
                raise _unreadable(f"anchor '{anchor}' value contains itself", line)
            raise _unreadable(f"unknown anchor '{anchor}' referenced", line)
        value, size = self._anchors[anchor]
        self._add(value, size, line, None)

    def _add(self, value: Any, size: int, line: int, anchor: str | None, *, plain: bool = False) -> None:
        if anchor is not None:
            self._anchors[anchor] = value, size
        if not self._open:
            self._documents.append(value)
            return
        parent = self._open[-1]
        parent.size += size
        if parent.size > _MAX_NODES:
            raise _unreadable(
                "document contains excessive aliasing" if self._aliases else "document is too large"
            )
        if isinstance(parent.value, list):
            parent.value.append(value)
        elif parent.key is _MISSING:
            parent.key_is_merge = plain and value == "<<"
            parent.key = _key(value, line)
        else:
            self._set(parent, value, line)
            parent.key = _MISSING

    def _set(self, parent: _Open, value: Any, line: int) -> None:
        assert isinstance(parent.value, dict)
        if parent.key_is_merge:
            parent.merged = {**_merged(value, line), **parent.merged}
        else:
            if parent.key in parent.value:
                self._complain(f'line {line}: key "{parent.key}" already set in map')
            parent.value[parent.key] = value

    def _complain(self, said: str) -> None:
        if not self._forgiving:
            raise _unreadable(f"unmarshal errors:\n  {said}")
        self.complaints.append(said)


def _scalar(event: yaml.ScalarEvent, line: int) -> Any:
    if not event.implicit[0] and event.tag not in _TAGS:
        return event.value
    try:
        return resolve(event.value)
    except ValueError as error:
        raise _unreadable(str(error), line) from error


def _key(value: Any, line: int) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise _unreadable("invalid map key", line)


def _merged(value: Any, line: int) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for part in reversed(value if isinstance(value, list) else [value]):
        if not isinstance(part, dict):
            raise _unreadable("map merge requires map or sequence of maps as the value", line)
        merged.update(part)
    return merged
