"""The paths of the API, and what may be sent to each and comes back.

Models what kube-apiserver tells of its routes (`apiserver/pkg/endpoints/installer.go` and kube-openapi's
`builder3`). Left out: the deprecated /watch/ paths, and answers in protobuf, which are never given.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from clusters.engine.apiserver.definitions import GVK, META, GroupVersionKind, reference
from clusters.engine.apiserver.openapi import parameters
from clusters.engine.apiserver.openapi.parameters import Parameter
from clusters.engine.apiserver.resources import Resource, Subresource

Item = dict[str, Any]
Operation = dict[str, Any]

_JSON: Final = "application/json"
_BODIES: Final = (_JSON, "application/yaml", "application/vnd.kubernetes.protobuf")
_PATCHES: Final = (
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
)
_STATUS: Final = META + "Status"
_IN_BRACES: Final = re.compile(r"\{(\w+)\}")


class _Verb(NamedTuple):
    """How a verb is called in a route: HTTP method, start of the operation's id, action, answers."""

    method: str
    word: str
    action: str
    codes: tuple[int, ...]
    parameters: Sequence[Parameter]


_VERBS: Final = {
    "list": _Verb("get", "list", "list", (200,), parameters.LIST),
    "create": _Verb("post", "create", "post", (200, 201, 202), parameters.WRITE),
    "deletecollection": _Verb(
        "delete", "delete", "deletecollection", (200,), (*parameters.SELECT, *parameters.DELETE)
    ),
    "get": _Verb("get", "read", "get", (200,), ()),
    "update": _Verb("put", "replace", "put", (200, 201), parameters.WRITE),
    "patch": _Verb("patch", "patch", "patch", (200, 201), parameters.PATCH),
    "delete": _Verb("delete", "delete", "delete", (200, 202), parameters.DELETE),
}
_OF_A_COLLECTION: Final = ("list", "create", "deletecollection")
_OF_AN_OBJECT: Final = ("get", "update", "patch", "delete")


def of_resource(resource: Resource, names: Mapping[GroupVersionKind, str]) -> dict[str, Item]:
    """All paths of a served kind. `names` are those of the schemas."""
    routes = _Routes(resource, names)
    root = root_of(resource.group, resource.version) + resource.plural
    place = root_of(resource.group, resource.version) + "namespaces/{namespace}/" + resource.plural
    collection = place if resource.namespaced else root
    items = {
        collection: routes.verbs(_OF_A_COLLECTION),
        collection + "/{name}": routes.verbs(_OF_AN_OBJECT),
    }
    if resource.namespaced and "list" in resource.verbs:
        items[root] = {"get": routes.operation("list", everywhere=True)}
    for part in resource.subresources:
        items[f"{collection}/{{name}}/{part.name}"] = routes.part(part)
    return {path: item | {"parameters": _path_parameters(path)} for path, item in items.items() if item}


def of_document(path: str, schema: str, about: str, tag: str) -> dict[str, Item]:
    """A path at which one document of the API itself is read."""
    words = [word for word in re.split(r"\W+", path) if word]
    operation = {
        "tags": [tag],
        "description": about,
        "operationId": "get" + "".join(word.capitalize() for word in words),
        "responses": _responses((200,), reference(schema)),
    }
    return {path: {"get": operation}}


def root_of(group: str, version: str) -> str:
    """Where the paths of a group and version begin: `/api/v1/`, `/apis/apps/v1/`."""
    return f"/apis/{group}/{version}/" if group else f"/api/{version}/"


def tag_of(group: str, version: str) -> str:
    """What clients' code generators sort operations by: `core_v1`, `discovery_v1`."""
    return f"{(group or 'core').partition('.')[0]}_{version}"


class _Routes:
    """Makes the operations of one resource."""

    def __init__(self, resource: Resource, names: Mapping[GroupVersionKind, str]) -> None:
        self._resource = resource
        self._names = names
        self._kind = (resource.group, resource.version, resource.kind)
        self._tag = tag_of(resource.group, resource.version)

    def verbs(self, verbs: Sequence[str]) -> Item:
        """An operation for each of these verbs that the resource has."""
        return {_VERBS[verb].method: self.operation(verb) for verb in verbs if verb in self._resource.verbs}

    def operation(self, verb: str, everywhere: bool = False) -> Operation:
        """What that verb takes and gives, `everywhere` in all namespaces at once."""
        route = _VERBS[verb]
        target = self._target(everywhere)
        if verb == "deletecollection":
            target = "Collection" + target
        made = self._made(route.word, target, route.action, f"{verb} {self._resource.kind}", self._kind)
        made["parameters"] = [parameter.published() for parameter in route.parameters]
        made["responses"] = _responses(route.codes, self._answer(verb))
        if body := self._body(verb, self._kind):
            made["requestBody"] = body
        return made

    def part(self, part: Subresource) -> Item:
        """The operations of a sub-resource."""
        if part.name in parameters.CONNECT:
            return {_VERBS[verb].method: self._connect(part, _VERBS[verb].method) for verb in part.verbs}
        return {_VERBS[verb].method: self._part_operation(part, verb) for verb in part.verbs}

    def _part_operation(self, part: Subresource, verb: str) -> Operation:
        route = _VERBS[verb]
        kind = (part.group, part.version, part.kind)
        target = self._target() + part.name.capitalize()
        made = self._made(
            route.word, target, route.action, f"{verb} {part.name} of {self._resource.kind}", kind
        )
        if part.name == "log":
            made["parameters"] = [parameter.published() for parameter in parameters.LOG]
            made["responses"] = _responses(route.codes, {"type": "string"}, "text/plain")
            return made
        # What is asked for by a binding or an eviction happens, and there is no more to say.
        happens = part.name in ("binding", "eviction")
        made["parameters"] = [parameter.published() for parameter in route.parameters]
        made["responses"] = _responses(route.codes, reference(_STATUS if happens else self._names[kind]))
        if body := self._body(verb, kind):
            made["requestBody"] = body
        return made

    def _connect(self, part: Subresource, method: str) -> Operation:
        kind = (part.group, part.version, part.kind)
        target = method.capitalize() + self._target() + part.name.capitalize()
        about = f"connect {method.upper()} requests to {part.name} of {self._resource.kind}"
        made = self._made("connect", target, "connect", about, kind)
        made["parameters"] = [parameter.published() for parameter in parameters.CONNECT[part.name]]
        made["responses"] = {"101": {"description": "Switching Protocols"}, "default": _refusal()}
        return made

    def _made(self, word: str, target: str, action: str, about: str, kind: GroupVersionKind) -> Operation:
        group, version, name = kind
        scope = "".join(part.capitalize() for part in self._tag.split("_"))
        return {
            "tags": [self._tag],
            "description": about,
            "operationId": word + scope + target,
            "x-kubernetes-action": action,
            GVK: {"group": group, "version": version, "kind": name},
        }

    def _target(self, everywhere: bool = False) -> str:
        kind = self._resource.kind
        if everywhere:
            return f"{kind}ForAllNamespaces"
        return f"Namespaced{kind}" if self._resource.namespaced else kind

    def _answer(self, verb: str) -> Item:
        group, version, kind = self._kind
        if verb == "list":
            return reference(self._names[group, version, f"{kind}List"])
        if verb == "delete":
            return {"anyOf": [reference(_STATUS), reference(self._names[self._kind])]}
        if verb == "deletecollection":
            return {"anyOf": [reference(_STATUS), reference(self._names[group, version, f"{kind}List"])]}
        return reference(self._names[self._kind])

    def _body(self, verb: str, kind: GroupVersionKind) -> Item | None:
        if verb in ("create", "update"):
            return _body(_BODIES, reference(self._names[kind]), required=True)
        if verb == "patch":
            return _body(_PATCHES, reference(META + "Patch"), required=True)
        if verb in ("delete", "deletecollection"):
            return _body(_BODIES, reference(META + "DeleteOptions"), required=False)
        return None


def _body(media_types: Sequence[str], schema: Item, required: bool) -> Item:
    content = {media_type: {"schema": schema} for media_type in media_types}
    return {"content": content, "required": required}


def _responses(codes: Sequence[int], schema: Item, media_type: str = _JSON) -> Item:
    words = {200: "OK", 201: "Created", 202: "Accepted"}
    answers: Item = {
        str(code): {"description": words[code], "content": {media_type: {"schema": schema}}} for code in codes
    }
    return answers | {"default": _refusal()}


def _refusal() -> Item:
    return {"description": "Refused", "content": {_JSON: {"schema": reference(_STATUS)}}}


def _path_parameters(path: str) -> list[Item]:
    named = [parameters.IN_PATH[name].published("path") for name in _IN_BRACES.findall(path)]
    return [*named, parameters.PRETTY.published()]
