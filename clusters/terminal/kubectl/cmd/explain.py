"""kubectl explain: what a kind of object is, and its fields.

Models kubectl's `pkg/cmd/explain` and `pkg/explain`. Left out: the format plaintext-openapiv2. This server's
OpenAPI v2 document is empty, so that finds nothing, as with upstream's kubectl.
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError, ExitError, NoResourceMatchError
from clusters.terminal.kubectl.explain import Explanation
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import boolean, integer, string
from clusters.terminal.kubectl.printers.jsonpath_parser import Field, JSONPathError, Node, Nodes, parse
from clusters.terminal.kubectl.restmapper import Mapping

_PLAINTEXT: Final = "plaintext"
_OPENAPI_V2: Final = "plaintext-openapiv2"
_NO_TYPE: Final = (
    'You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of '
    "supported resources.\n"
)


async def run(k: Kubectl) -> None:
    _check(k)
    mapping, fields = await _asked(k, k.args[0])
    output, api_version = k.flags["output"], k.flags["api-version"] or mapping.api_version
    if api_version.count("/") > 1:
        raise CommandError(f"unexpected GroupVersion string: {api_version}")
    if output == _OPENAPI_V2:
        group_version = api_version if "/" in api_version else f"/{api_version}"
        raise CommandError(f'couldn\'t find resource for "{group_version}, Kind={mapping.kind}"')
    document = await _document(k, api_version, mapping)
    if output != _PLAINTEXT:
        raise CommandError(f"unrecognized format: {output}")
    _explain(
        k, Explanation(document, k.flags["recursive"], k.flags["max-depth"]), api_version, mapping, fields
    )


def _check(k: Kubectl) -> None:
    if not k.args:
        raise CommandError(_NO_TYPE)
    if len(k.args) > 1:
        raise CommandError("We accept only this format: explain RESOURCE\n")
    depth = k.flags["max-depth"]
    if depth > 0 and not k.flags["recursive"]:
        raise CommandError("--max-depth requires --recursive")
    if depth < 0:
        raise CommandError("--max-depth must be non-negative")


async def _asked(k: Kubectl, word: str) -> tuple[Mapping, list[str]]:
    """The resource and the path of fields that `deployments.apps.spec.replicas` means."""
    first, *rest = _nodes(word)
    if not isinstance(first, Field):
        raise CommandError("invalid jsonpath syntax, first node must be field node")
    if not first.name:
        raise CommandError("a resource must be present, got: /, Resource=")
    try:
        mapping = (await k.mapper()).find(first.name)
    except NoResourceMatchError as error:
        raise ExitError(1, f"{error}\n") from error
    if k.flags["api-version"]:
        return mapping, _fields(rest, "all nodes")
    if word.startswith(mapping.group_resource):
        suffix = word.removeprefix(mapping.group_resource)
        rest = list(_nodes(suffix)[1:]) if suffix else []
    return mapping, _fields(rest, "first node")


def _nodes(path: str) -> Sequence[Node]:
    try:
        (found,) = parse(f"{{.{path.removesuffix('.')}}}")
    except JSONPathError as error:
        raise CommandError(str(error)) from error
    except ValueError as error:
        raise CommandError("must pass in 1 jsonpath string") from error
    return found.nodes if isinstance(found, Nodes) else ()


def _fields(nodes: Sequence[Node], which: str) -> list[str]:
    names = [node.name for node in nodes if isinstance(node, Field)]
    if len(names) < len(nodes):
        noun = "field nodes" if which == "all nodes" else "field node"
        raise CommandError(f"invalid jsonpath syntax, {which} must be {noun}")
    return names


async def _document(k: Kubectl, api_version: str, mapping: Mapping) -> dict[str, object]:
    """The OpenAPI document of a group and version."""
    path = f"apis/{api_version}" if "/" in api_version else f"api/{api_version}"
    paths = (await k.client.get("/openapi/v3", "application/json, */*"))["paths"]
    if path not in paths:
        raise CommandError(f'couldn\'t find resource for "{_resource(api_version, mapping)}"')
    query = parse_qsl(urlsplit(paths[path]["serverRelativeURL"]).query)
    found: dict[str, object] = await k.client.request("GET", f"/openapi/v3/{path}", query)
    return found


def _resource(api_version: str, mapping: Mapping) -> str:
    group, slash, version = api_version.rpartition("/")
    return f"{group}/{version if slash else api_version}, Resource={mapping.plural}"


def _explain(
    k: Kubectl, explanation: Explanation, api_version: str, mapping: Mapping, fields: Sequence[str]
) -> None:
    gvk = explanation.kind_of(mapping, api_version)
    if gvk is None:
        raise CommandError(f"error: GVR ({_resource(api_version, mapping)}) not found in OpenAPI schema")
    group = f"GROUP:      {gvk['group']}\n" if gvk.get("group") else ""
    k.out(f"{group}KIND:       {gvk['kind']}\nVERSION:    {gvk['version']}\n\n")
    k.out(f"{explanation.text(gvk, fields)}\n")


COMMAND: Final = Command(
    "explain",
    run,
    (
        boolean("recursive", shorthand="R", about="the fields of fields, too"),
        string("api-version", about="the group and version that is meant"),
        string("output", _PLAINTEXT, "o", about="plaintext"),
        integer("max-depth", about="how deep --recursive goes, 0 for no limit"),
    ),
    use="TYPE[.FIELD...]",
    about="Tell what a kind of object is, and its fields.",
)
