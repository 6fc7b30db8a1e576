"""Where a list that is read page by page goes on.

Models apiserver's `pkg/storage/continue.go`.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Final, NamedTuple

import orjson

from clusters.engine.apiserver.errors import StatusError, bad_request

LATEST: Final = -1
"""The revision of a list that goes on with whatever the cluster looks like by then."""
_ENCODING: Final = "meta.k8s.io/v1"


class Start(NamedTuple):
    """The revision that all pages show, and the first key that the next one may have."""

    revision: int
    key: str


def encode(revision: int, key: str) -> str:
    """The token for a page that starts at `key`: the name, with the namespace before it if need be."""
    text = orjson.dumps({"v": _ENCODING, "rv": revision, "start": key})
    return urlsafe_b64encode(text).decode().rstrip("=")


def decode(token: str) -> Start:
    """What a token says. Raises StatusError 400."""
    said = _decoded(token)
    if said.get("v") != _ENCODING:
        version = said.get("v", "")
        raise _bad_token(f": server does not recognize this encoded version {version}")
    revision, key = said.get("rv", 0), said.get("start", "")
    if not revision:
        raise _bad_token(f": incorrect encoded start resourceVersion (version {_ENCODING})")
    if not key:
        raise _bad_token(f": encoded start key empty (version {_ENCODING})")
    path = key.removeprefix("/")
    if any(step in ("", ".", "..") for step in path.split("/")):
        raise _bad_token(f": {key}")
    return Start(max(revision, LATEST), path)


def _decoded(token: str) -> dict[str, Any]:
    if not re.fullmatch("[A-Za-z0-9_-]*", token) or len(token) % 4 == 1:
        bad = re.search("[^A-Za-z0-9_-]", token)
        at = bad.start() if bad else len(token) - 1
        raise _bad_token(f": illegal base64 data at input byte {at}")
    try:
        said = orjson.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except orjson.JSONDecodeError:
        raise _bad_token(": invalid character in JSON") from None
    if not isinstance(said, dict) or not _is_token(said):
        raise _bad_token(": json: cannot unmarshal into Go value of type storage.continueToken")
    return said


def _is_token(said: dict[str, Any]) -> bool:
    revision = said.get("rv", 0)
    texts = (said.get("v", ""), said.get("start", ""))
    return type(revision) is int and all(isinstance(text, str) for text in texts)


def _bad_token(why: str) -> StatusError:
    return bad_request(f"invalid continue token: continue key is not valid{why}")
