"""What the client wants to read, and what it has sent.

Models apiserver's `pkg/endpoints/handlers/negotiation`. Answers are JSON only, which every client takes;
bodies may be JSON, YAML or protobuf.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from clusters.engine.apiserver.errors import StatusError

META: Final = "meta.k8s.io"
TABLE: Final = "Table"
PARTIAL: Final = "PartialObjectMetadata"
PARTIAL_LIST: Final = "PartialObjectMetadataList"

JSON: Final = "application/json"
YAML: Final = "application/yaml"
PROTOBUF: Final = "application/vnd.kubernetes.protobuf"
BODIES: Final = (JSON, YAML, PROTOBUF)
_READABLE: Final = (JSON, "application/*", "*/*")


class Wanted(NamedTuple):
    """How an answer shall look: `kind` "" is the object as it is, else `Table` and so on of `version`."""

    kind: str
    version: str = ""


PLAIN: Final = Wanted("")


@lru_cache(maxsize=256)
def wanted(accept: str, listing: bool = False) -> Wanted:
    """The first thing of an Accept header that can be had; `listing`: of a list. Raises 406."""
    for media, parameters in _accepted(accept):
        if media not in _READABLE:
            continue
        kind = parameters.get("as", "")
        if not kind:
            return PLAIN
        version = parameters.get("v", "")
        forms = (TABLE, PARTIAL_LIST if listing else PARTIAL)
        if kind in forms and parameters.get("g") == META and version in ("v1", "v1beta1"):
            return Wanted(kind, version)
    raise not_acceptable(JSON)


@lru_cache(maxsize=64)
def wants_aggregated(accept: str) -> bool:
    """Whether discovery is asked for in one document (apidiscovery.k8s.io/v2). Raises 406."""
    for media, parameters in _accepted(accept):
        if media not in _READABLE:
            continue
        if "as" not in parameters:
            return False
        asked = (parameters["as"], parameters.get("g"), parameters.get("v"))
        if asked == ("APIGroupDiscoveryList", "apidiscovery.k8s.io", "v2"):
            return True
    raise not_acceptable(JSON)


def media_type(content_type: str, accepted: tuple[str, ...], default: str = JSON) -> str:
    """The media type of a body; `default` is what it is without a header, "" for nothing. Raises 415."""
    media = content_type.partition(";")[0].strip().lower() or default
    if media not in accepted:
        message = "the body of the request was in an unknown format - accepted media types include: "
        raise StatusError(415, "UnsupportedMediaType", message + ", ".join(accepted))
    return media


def not_acceptable(*offered: str) -> StatusError:
    """406: nothing that the client accepts can be made."""
    message = f"only the following media types are accepted: {', '.join(offered)}"
    return StatusError(406, "NotAcceptable", message)


def _accepted(accept: str) -> list[tuple[str, dict[str, str]]]:
    clauses = []
    for clause in accept.split(",") if accept.strip() else ["*/*"]:
        media, *rest = (part.strip() for part in clause.split(";"))
        pairs = (part.partition("=") for part in rest)
        clauses.append((media.lower(), {name.strip(): value.strip() for name, _, value in pairs}))
    return sorted(clauses, key=lambda clause: -_quality(clause[1].get("q", "1")))


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
