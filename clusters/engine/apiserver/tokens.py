"""Tokens of service accounts: how a TokenRequest is answered, and for whom a token stands.

Models `TokenREST` of `pkg/registry/core/serviceaccount/storage/token.go`, its validation, and `claims.go`
and `jwt.go` of `pkg/serviceaccount`. All times are simulated: a token ages as the cluster does, and not at
all while its clock stands still. Tokens are signed by HS256, as nobody but the API server has to check
them. Left out: tokens bound to webhooks, those that outlive what was asked for (`warnafter`), and the
issuer's published keys.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from hmac import compare_digest
from typing import Any, Final

import orjson

from clusters.engine.apiserver import fields, verbs
from clusters.engine.apiserver.errors import StatusError, bad_request, invalid
from clusters.engine.apiserver.reviews import User, service_account
from clusters.engine.clock import parse_rfc3339, rfc3339
from clusters.engine.objects import Object, name_of, namespace_of, uid_of
from clusters.engine.store import MemoryStore

Sign = Callable[[bytes], bytes]
"""Makes a signature that only who has the key can make: HMAC with SHA-256."""
Claims = dict[str, Any]

ISSUER: Final = "https://kubernetes.default.svc.cluster.local"
USUAL_SECONDS: Final = 3600
MIN_SECONDS: Final = 600
MAX_SECONDS: Final = 2**32
LEEWAY: Final = 60
"""Simulated seconds for which a token is still good after its end, or the deletion of what it is bound to."""

_GROUP: Final = "authentication.k8s.io"
_KIND: Final = f"TokenRequest.{_GROUP}"
_CREDENTIAL: Final = "authentication.kubernetes.io/"


def issue(
    image: MemoryStore, namespace: str, name: str, request: Object, *, now: float, jti: str, sign: Sign
) -> Object:
    """The TokenRequest with a token for that account in its status.

    `now` is simulated time, `jti` what no other token is called. Raises 404 NotFound for the account and
    for what the token shall be bound to, 400, 409 Conflict for another uid, 422 Invalid.
    """
    _demand_same_name(request["metadata"], namespace, name)
    account = verbs.get(image, "ServiceAccount", namespace, name)
    _demand_uid(request["metadata"], account)
    spec = {"boundObjectRef": None, "expirationSeconds": USUAL_SECONDS, **(request.get("spec") or {})}
    spec["audiences"] = spec.get("audiences") or [ISSUER]
    if errors := _errors(spec):
        raise invalid(_KIND, "", errors)
    token = _written(_claims(image, account, spec, now, jti), sign)
    known = {"name": name, "namespace": namespace, "uid": uid_of(account), "creationTimestamp": rfc3339(now)}
    return {
        **request,
        "metadata": {**request["metadata"], **known},
        "spec": spec,
        "status": {"token": token, "expirationTimestamp": rfc3339(now + spec["expirationSeconds"])},
    }


def user_of(image: MemoryStore, token: str, *, now: float, sign: Sign) -> User | None:
    """For whom a token stands at the simulated time `now`; None if it is not, or no longer, good."""
    claims = read(token, sign)
    if claims is None or not _is_for_us_now(claims, now):
        return None
    bound = claims["kubernetes.io"]
    namespace, account = bound["namespace"], bound["serviceaccount"]
    checked = [("ServiceAccount", account), ("Pod", bound.get("pod")), ("Secret", bound.get("secret"))]
    if "pod" not in bound:
        checked.append(("Node", bound.get("node")))
    if not all(_is_there(image, kind, namespace, ref, now) for kind, ref in checked if ref):
        return None
    return service_account(namespace, account["name"], account["uid"], _extra(claims["jti"], bound))


def read(token: str, sign: Sign) -> Claims | None:
    """What a token says, None for one that was not signed like that."""
    signed, _, signature = token.rpartition(".")
    header, _, payload = signed.partition(".")
    if header != _HEADER or not compare_digest(_text(sign(signed.encode())).encode(), signature.encode()):
        return None
    claims: Claims = orjson.loads(urlsafe_b64decode(payload + "=="))
    return claims


def _claims(image: MemoryStore, account: Object, spec: Object, now: float, jti: str) -> Claims:
    namespace = namespace_of(account)
    return {
        "aud": spec["audiences"],
        "exp": int(now + spec["expirationSeconds"]),
        "iat": int(now),
        "iss": ISSUER,
        "jti": jti,
        "kubernetes.io": {
            "namespace": namespace,
            **_bound(image, spec["boundObjectRef"], account),
            "serviceaccount": _reference(account),
        },
        "nbf": int(now),
        "sub": f"system:serviceaccount:{namespace}:{name_of(account)}",
    }


def _written(claims: Claims, sign: Sign) -> str:
    signed = f"{_HEADER}.{_text(orjson.dumps(claims))}"
    return f"{signed}.{_text(sign(signed.encode()))}"


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


_HEADER: Final = _text(orjson.dumps({"alg": "HS256"}))


def _demand_same_name(metadata: Object, namespace: str, name: str) -> None:
    if metadata.get("namespace", namespace) != namespace:
        raise bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    if metadata.get("name", name) != name:
        said = "must match the service account name if specified"
        raise invalid(_KIND, name, [fields.invalid("metadata.name", metadata["name"], said)])


def _demand_uid(metadata: Object, account: Object) -> None:
    asked, found = metadata.get("uid"), uid_of(account)
    if asked and asked != found:
        why = f"the UID in the token request ({asked}) does not match the UID of the service account"
        raise _conflict("TokenRequest", _GROUP, name_of(account), f"{why} ({found})")


def _errors(spec: Object) -> list[fields.FieldError]:
    if spec.get("attestations"):
        said = "attestations may only be specified with a webhook bound object reference"
        return [fields.invalid("spec.attestations", spec["attestations"], said)]
    seconds, said = spec["expirationSeconds"], ""
    if seconds < MIN_SECONDS:
        said = "may not specify a duration less than 10 minutes"
    elif seconds > MAX_SECONDS:
        said = "may not specify a duration larger than 2^32 seconds"
    return [fields.invalid("spec.expirationSeconds", seconds, said)] if said else []


def _bound(image: MemoryStore, ref: Object | None, account: Object) -> Claims:
    """The claims about the object that a token lives and dies with. Raises as `issue`."""
    if ref is None:
        return {}
    kind, name = ref.get("kind", ""), ref.get("name", "")
    group, version = _group_version(ref.get("apiVersion", ""))
    if group or kind not in ("Node", "Pod", "Secret"):
        raise bad_request(f"cannot bind token to object of type {group}/{version}, Kind={kind}")
    namespace = "" if kind == "Node" else namespace_of(account)
    found = verbs.get(image, kind, namespace, name)
    claims = {kind.lower(): _reference(found)}
    if kind == "Pod":
        claims = {**_node_of(image, found, account), **claims}
    if ref.get("uid") and ref["uid"] != uid_of(found):
        why = f"the UID in the bound object reference ({ref['uid']}) does not match the UID in record."
        raise _conflict(kind, "", name, f"{why} The object might have been deleted and then recreated")
    return claims


def _node_of(image: MemoryStore, pod: Object, account: Object) -> Claims:
    if pod["spec"]["serviceAccountName"] != name_of(account):
        raise bad_request(
            f"cannot bind token for serviceaccount {fields.quoted(name_of(account))}"
            " to pod running with different serviceaccount name."
        )
    name = pod["spec"].get("nodeName")
    if not name:
        return {}
    node = image.get("Node", "", name)
    return {"node": {"name": name} if node is None else _reference(node)}


def _group_version(api_version: str) -> tuple[str, str]:
    # As upstream, which takes what it cannot read for nothing at all.
    group, _, version = api_version.rpartition("/")
    return ("", "") if "/" in group else (group, version)


def _reference(obj: Object) -> Object:
    return {"name": name_of(obj), "uid": uid_of(obj)}


def _conflict(kind: str, group: str, name: str, why: str) -> StatusError:
    qualified = f"{kind}.{group}" if group else kind
    message = f'Operation cannot be fulfilled on {qualified} "{name}": {why}'
    details = {"name": name, **({"group": group} if group else {}), "kind": kind}
    return StatusError(409, "Conflict", message, details)


def _is_for_us_now(claims: Claims, now: float) -> bool:
    return ISSUER in claims["aud"] and claims["nbf"] - LEEWAY <= now <= claims["exp"] + LEEWAY


def _is_there(image: MemoryStore, kind: str, namespace: str, ref: Mapping[str, str], now: float) -> bool:
    obj = image.get(kind, "" if kind == "Node" else namespace, ref["name"])
    if obj is None or uid_of(obj) != ref["uid"]:
        return False
    deleted = obj["metadata"].get("deletionTimestamp")
    return deleted is None or parse_rfc3339(deleted) >= now - LEEWAY


def _extra(jti: str, bound: Claims) -> tuple[tuple[str, str], ...]:
    said = [("credential-id", f"JTI={jti}")]
    for field in ("node", "pod"):
        said += [(f"{field}-{key}", value) for key, value in bound.get(field, {}).items()]
    return tuple((_CREDENTIAL + key, value) for key, value in said)
