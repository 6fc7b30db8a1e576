"""A schema of the API's OpenAPI document as text: what it is, and which fields it has.

Models kubectl's `pkg/explain/v2` with its template `plaintext.tmpl`, and github.com/mitchellh/go-wordwrap.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from clusters.engine.objects import Object
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.printers.gofmt import sprint
from clusters.terminal.kubectl.restmapper import Mapping

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_GVK: Final = "x-kubernetes-group-version-kind"
_WIDTH: Final = 76
_ENUMS_SHOWN: Final = 4
_NO_BREAK: Final = "\xa0"

Seen = frozenset[str]


@dataclass(frozen=True)
class Explanation:
    """What is asked for. With `recursive`, fields of fields are listed, down to `max_depth` (0: all)."""

    document: Object
    recursive: bool = False
    max_depth: int = 0

    def kind_of(self, mapping: Mapping, api_version: str) -> Object | None:
        """The group, version and kind of a resource, as the document's operations have it."""
        prefix = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        found: Object | None = None
        for path in (mapping.plural, f"namespaces/{{namespace}}/{mapping.plural}"):
            for suffix in ("", "/{name}"):
                item = (self.document.get("paths") or {}).get(f"{prefix}/{path}{suffix}") or {}
                kinds = (item[method].get(_GVK) for method in _METHODS if item.get(method))
                found = next(filter(None, kinds), found)
        return found

    def text(self, gvk: Object, fields: Sequence[str]) -> str:
        """All about a kind, or about the field at the end of the path. Raises CommandError."""
        schema = self._schema_of(gvk)
        if schema is None:
            raise CommandError(f"error: GVK {sprint(gvk)} not found in OpenAPI schema")
        found = self._output(schema, fields, frozenset())
        if not found:
            raise CommandError(f'error: field "{fields[-1]}" does not exist')
        return found

    def _schema_of(self, gvk: Object) -> Object | None:
        schemas = (self.document.get("components") or {}).get("schemas") or {}
        named = (schemas[name] for name in sorted(schemas))
        return next((schema for schema in named if gvk in (schema.get(_GVK) or ())), None)

    def _resolve(self, schema: Object) -> Object:
        """The schema that a reference means, or the schema itself."""
        return self._referenced(schema) or schema

    def _referenced(self, schema: Object) -> Object | None:
        reference = schema.get("$ref") or ""
        found: Any = self.document
        if not reference.startswith("#/"):
            return None
        for name in filter(None, reference[1:].split("/")):
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else None

    def _output(self, schema: Object, fields: Sequence[str], seen: Seen) -> str:
        """The schema at the end of the path, "" if there is none."""
        reference, resolved = schema.get("$ref") or "", self._resolve(schema)
        properties = resolved.get("properties") or {}
        if not fields:
            return self._about(resolved)
        if reference and reference in seen:
            return ""
        if fields[0] in properties:
            field = properties[fields[0]]
            head = "" if fields[1:] else f"FIELD: {fields[0]} <{self._type(field)}>\n{_long_enum(field)}\n\n"
            return head + self._output(field, fields[1:], frozenset())
        seen |= {reference}
        inner = _element(resolved)
        if inner is not None:
            return self._output(inner, fields, seen)
        outputs = (self._output(each, fields, seen) for each in resolved.get("allOf") or ())
        return next(filter(None, outputs), "")

    def _about(self, schema: Object) -> str:
        described = self._description(schema) or "<empty>"
        text = f"DESCRIPTION:\n{indent(4, wrap(_WIDTH, described))}\n"
        if schema.get("externalDocs"):
            text += "\n" + _external_docs(schema["externalDocs"], 0)
        fields = "".join(self._fields(schema, 1, frozenset()))
        return text + (f"FIELDS:\n{fields}" if fields else "")

    def _description(self, schema: Object) -> str:
        """The texts of a schema and of what it is made of, one a line."""
        found = self._resolve(schema)
        text = f"{found['description']}\n" if found.get("description") else ""
        parts = [*(found.get("allOf") or ()), found.get("items"), _additional(found)]
        return text + "".join(self._description(part) for part in parts if part)

    def _fields(self, schema: Object, level: int, seen: Seen) -> Iterator[str]:
        """The fields of a schema, one after the other; references that were followed are not again."""
        reference = schema.get("$ref") or ""
        if reference and reference in seen:
            return
        resolved, seen = self._resolve(schema), seen | {reference}
        properties = resolved.get("properties") or {}
        for name in sorted(properties):
            yield self._field(name, resolved, level)
            if self.recursive and (self.max_depth == 0 or level < self.max_depth):
                yield from self._fields(properties[name], level + 1, seen)
        parts = [*(resolved.get("allOf") or ()), resolved.get("items"), _additional(resolved)]
        for part in parts:
            if part:
                yield from self._fields(part, level, seen)

    def _field(self, name: str, schema: Object, level: int) -> str:
        """A field of a schema: its name and type, and what it is unless all is listed."""
        field, width = schema["properties"][name], level * 2
        required = " -required-" if name in (schema.get("required") or ()) else ""
        text = f"{indent(width, name)}\t<{self._type(field)}>{required}{_short_enum(field, width)}\n"
        if self.recursive:
            return text
        described = field.get("description") or "<no description>"
        text += indent(width + 2, wrap(_WIDTH + 2 - width, described)) + "\n"
        if field.get("externalDocs"):
            text += "\n" + _external_docs(field["externalDocs"], width)
        return f"{text}\n"

    def _type(self, schema: Object) -> str:
        """A name for the type: `string`, `[]Container`, `map[string]string`."""
        additional: Object | None = _additional(schema)
        all_of: list[Object] = schema.get("allOf") or []
        if schema.get("items"):
            return f"[]{self._type(schema['items'])}"
        if additional:
            return f"map[string]{self._type(additional)}"
        if len(all_of) == 1 and not schema.get("properties"):
            return self._type(all_of[0])
        if schema.get("$ref"):
            kind = (self._referenced(schema) or {}).get("type") or "object"
            return (
                kind if kind != "object" else schema["$ref"].rsplit("/", 1)[-1].rsplit(".", 1)[-1] or "Object"
            )
        kind = schema.get("type") or "object"
        return "Object" if kind == "object" else kind


def _element(schema: Object) -> Object | None:
    """What a list or a map consists of."""
    return schema.get("items") or _additional(schema)


def _additional(schema: Object) -> Object | None:
    additional = schema.get("additionalProperties")
    return additional if isinstance(additional, dict) and additional else None


def _external_docs(docs: Object, width: int) -> str:
    text = indent(width + 2 if width else 0, "EXTERNAL DOCS:") + "\n"
    if docs.get("description"):
        text += indent(width + 4, wrap(_WIDTH - width, docs["description"])) + "\n"
    if docs.get("url"):
        text += indent(width + 4, f"URL: {docs['url']}") + "\n"
    return text


def _long_enum(schema: Object) -> str:
    values = schema.get("enum") or ()
    return ("ENUM:" if values else "") + "".join(f"\n    {_enum_text(value)}" for value in values)


def _short_enum(schema: Object, width: int) -> str:
    values = schema.get("enum") or ()
    if not values:
        return ""
    more = ", ...." if len(values) > _ENUMS_SHOWN else ""
    return f"\n{' ' * width}enum: {', '.join(map(_enum_text, values[:_ENUMS_SHOWN]))}{more}"


def _enum_text(value: Any) -> str:
    return '""' if value == "" else sprint(value)


def indent(width: int, text: str) -> str:
    """The text with so many spaces before each line, also before an empty one."""
    pad = " " * width
    return pad + text.replace("\n", f"\n{pad}")


def wrap(limit: int, text: str) -> str:
    """The text with lines broken at spaces where they are longer than `limit`."""
    return "\n".join(_wrapped(limit, line) for line in text.split("\n"))


def _wrapped(limit: int, line: str) -> str:
    done, column, spaces, word = "", 0, "", ""
    for char in line:
        if char.isspace() and char != _NO_BREAK:
            if word or not spaces:
                done, column = done + spaces + word, column + len(spaces) + len(word)
                spaces = word = ""
            spaces += char
            continue
        word += char
        if column + len(word) + len(spaces) > limit and len(word) < limit:
            done, column, spaces = f"{done}\n", 0, ""
    if word or column + len(spaces) <= limit:
        done += spaces + word
    return done
