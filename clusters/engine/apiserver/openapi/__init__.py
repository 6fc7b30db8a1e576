"""The documents by which clients learn what the API takes and gives: OpenAPI 3.0.

Models kube-openapi's `pkg/handler3`: an index, and one document for each group and version. The index
names each document by a digest of its content, so that clients may keep it for ever.
"""

import gzip
from functools import cache
from hashlib import sha256
from typing import Any, Final, NamedTuple

import orjson

from clusters.engine.apiserver.definitions import META, VERSION, load, names, reached, references
from clusters.engine.apiserver.discovery import GIT_VERSION
from clusters.engine.apiserver.openapi import paths
from clusters.engine.apiserver.resources import RESOURCES

_API_GROUPS: Final = sorted({resource.group for resource in RESOURCES if resource.group})
_GROUP_VERSIONS: Final = sorted({(resource.group, resource.version) for resource in RESOURCES})


class _Document(NamedTuple):
    text: bytes
    zipped: bytes
    digest: str


def index() -> dict[str, Any]:
    """The answer of /openapi/v3: where the document of each group and version is read."""
    return {
        "paths": {
            path: {"serverRelativeURL": f"/openapi/v3/{path}?hash={document.digest}"}
            for path, document in _documents().items()
        }
    }


def document(path: str, zipped: bool = False) -> bytes | None:
    """The JSON text of the document at a path of the index, such as `api/v1`, or that text `zipped` by
    gzip; None if there is no such path.

    The first call takes about a tenth of a second, as it makes all documents.
    """
    found = _documents().get(path)
    if found is None:
        return None
    return found.zipped if zipped else found.text


def hash_of(path: str) -> str | None:
    """What the index names that document by: a digest of its text."""
    found = _documents().get(path)
    return None if found is None else found.digest


@cache
def _documents() -> dict[str, _Document]:
    schemas = load()
    documents = {}
    for path, items in sorted(_items(names(schemas)).items()):
        text = orjson.dumps(
            {
                "openapi": "3.0.0",
                "info": {"title": "Kubernetes", "version": GIT_VERSION},
                "paths": dict(sorted(items.items())),
                "components": {"schemas": reached(references(items), schemas.__getitem__)},
            }
        )
        digest = sha256(text).hexdigest().upper()
        documents[path] = _Document(text, gzip.compress(text, mtime=0), digest)
    return documents


def _items(known: dict[tuple[str, str, str], str]) -> dict[str, dict[str, paths.Item]]:
    """The paths of each document."""
    documents = {
        "api": paths.of_document("/api/", META + "APIVersions", "get available API versions", "core"),
        "apis": paths.of_document("/apis/", META + "APIGroupList", "get available API versions", "apis"),
        "version": paths.of_document("/version/", VERSION, "get the version of this server", "version"),
    }
    for group in _API_GROUPS:
        tag = group.partition(".")[0]
        about = "get information of a group"
        documents[f"apis/{group}"] = paths.of_document(f"/apis/{group}/", META + "APIGroup", about, tag)
    for group, version in _GROUP_VERSIONS:
        root = paths.root_of(group, version)
        tag = paths.tag_of(group, version)
        documents[root.strip("/")] = paths.of_document(
            root, META + "APIResourceList", "get available resources", tag
        )
    for resource in RESOURCES:
        root = paths.root_of(resource.group, resource.version)
        documents[root.strip("/")] |= paths.of_resource(resource, known)
    return documents
