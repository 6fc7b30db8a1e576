"""What a TokenRequest is answered, and for whom a token stands, and for how long."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.apiserver import tokens
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.tokens import ISSUER, LEEWAY
from clusters.engine.clock import rfc3339
from clusters.engine.objects import Key
from tests.engine.builders import NOW, make_node, make_pod, make_service_account, make_store

HOUR = 3600


def sign(data, key=b"key"):
    return hmac.digest(key, data, "sha256")


def secret():
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "default"}}


@pytest.fixture
def store():
    """A node, a pod on it, a Secret, and the account that every namespace has."""
    return make_store(make_node("n"), make_pod("web", node="n"), secret(), make_service_account("robot"))


def issue(store, name="default", *, metadata=None, now=NOW, **spec):
    request = {"kind": "TokenRequest", "metadata": metadata or {}, "spec": spec}
    return tokens.issue(store, "default", name, request, now=now, jti="42", sign=sign)


def token_of(store, name="default", **options):
    return issue(store, name, **options)["status"]["token"]


def user(store, token, now=NOW):
    return tokens.user_of(store, token, now=now, sign=sign)


def bound_to(kind, name, **fields):
    return {"boundObjectRef": {"kind": kind, "apiVersion": "v1", "name": name, **fields}}


def claims_of(token):
    """As anybody reads them, without a key."""
    payload = token.split(".")[1]
    return json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def uid(store, kind, name):
    return store.get(kind, "" if kind == "Node" else "default", name)["metadata"]["uid"]


def refusal(store, *arguments, **options):
    with pytest.raises(StatusError) as refused:
        issue(store, *arguments, **options)
    return refused.value.code, refused.value.message


def without(store, kind, name):
    store.delete(Key(kind, "" if kind == "Node" else "default", name))
    return store


def test_a_token_has_upstreams_claims(store):
    token = token_of(store)
    assert json.loads(urlsafe_b64decode(token.split(".")[0] + "==")) == {"alg": "HS256"}
    assert claims_of(token) == {
        "aud": [ISSUER],
        "exp": NOW + HOUR,
        "iat": NOW,
        "iss": "https://kubernetes.default.svc.cluster.local",
        "jti": "42",
        "kubernetes.io": {
            "namespace": "default",
            "serviceaccount": {"name": "default", "uid": uid(store, "ServiceAccount", "default")},
        },
        "nbf": NOW,
        "sub": "system:serviceaccount:default:default",
    }


def test_the_request_comes_back_filled_in(store):
    answer = issue(store, metadata={"labels": {"a": "b"}}, expirationSeconds=600)
    assert answer["metadata"] == {
        "labels": {"a": "b"},
        "name": "default",
        "namespace": "default",
        "uid": uid(store, "ServiceAccount", "default"),
        "creationTimestamp": rfc3339(NOW),
    }
    assert answer["spec"] == {"audiences": [ISSUER], "boundObjectRef": None, "expirationSeconds": 600}
    assert answer["status"]["expirationTimestamp"] == rfc3339(NOW + 600)


def test_nothing_is_written_where_a_token_is_made(store):
    revision = store.revision
    issue(store)
    assert store.revision == revision


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_token_lives_ten_minutes_or_longer_but_not_for_ever(seconds):
    store = make_store()
    if 600 <= seconds <= 2**32:
        assert claims_of(token_of(store, expirationSeconds=seconds))["exp"] == int(NOW) + seconds
    else:
        said = "less than 10 minutes" if seconds < 600 else "larger than 2^32 seconds"
        assert refusal(store, expirationSeconds=seconds) == (
            422,
            'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: '
            f"{seconds}: may not specify a duration {said}",
        )


def test_there_is_no_token_of_an_account_that_there_is_not(store):
    # Before anything else is looked at.
    assert refusal(store, "nobody", expirationSeconds=1) == (404, 'serviceaccounts "nobody" not found')


@pytest.mark.parametrize(
    ("metadata", "code", "said"),
    [
        (
            {"name": "other"},
            422,
            'TokenRequest.authentication.k8s.io "default" is invalid: metadata.name: Invalid value: "other":'
            " must match the service account name if specified",
        ),
        (
            {"namespace": "other"},
            400,
            "the namespace of the provided object does not match the namespace sent on the request",
        ),
        (
            {"uid": "other"},
            409,
            'Operation cannot be fulfilled on TokenRequest.authentication.k8s.io "default": the UID in the'
            " token request (other) does not match the UID of the service account (UID)",
        ),
    ],
)
def test_a_request_about_another_account_is_refused(store, metadata, code, said):
    said = said.replace("UID)", f"{uid(store, 'ServiceAccount', 'default')})")
    assert refusal(store, metadata=metadata) == (code, said)


def test_attestations_are_for_webhooks(store):
    assert refusal(store, attestations={"a": ["b"]}) == (
        422,
        'TokenRequest.authentication.k8s.io "" is invalid: spec.attestations: Invalid value: {"a":["b"]}:'
        " attestations may only be specified with a webhook bound object reference",
    )


@pytest.mark.parametrize(("kind", "name"), [("Pod", "web"), ("Secret", "s"), ("Node", "n")])
def test_a_token_dies_with_what_it_is_bound_to(store, kind, name):
    token = token_of(store, **bound_to(kind, name, uid=uid(store, kind, name)))
    assert claims_of(token)["kubernetes.io"][kind.lower()] == {"name": name, "uid": uid(store, kind, name)}
    assert user(store, token)
    assert user(without(store, kind, name), token) is None


def test_a_token_of_a_pod_names_its_node_and_outlives_that(store):
    token = token_of(store, **bound_to("Pod", "web"))
    node = {"name": "n", "uid": uid(store, "Node", "n")}
    assert claims_of(token)["kubernetes.io"]["node"] == node
    without(store, "Node", "n")
    pod = uid(store, "Pod", "web")
    assert dict(user(store, token).extra) == {
        "authentication.kubernetes.io/credential-id": "JTI=42",
        "authentication.kubernetes.io/node-name": "n",
        "authentication.kubernetes.io/node-uid": node["uid"],
        "authentication.kubernetes.io/pod-name": "web",
        "authentication.kubernetes.io/pod-uid": pod,
    }
    again = token_of(store, **bound_to("Pod", "web"))
    assert claims_of(again)["kubernetes.io"]["node"] == {"name": "n"}


def test_a_pod_without_a_node_names_none():
    store = make_store(make_pod("web"))
    assert "node" not in claims_of(token_of(store, **bound_to("Pod", "web")))["kubernetes.io"]


@pytest.mark.parametrize(
    ("name", "bound", "code", "said"),
    [
        ("default", bound_to("Pod", "no"), 404, 'pods "no" not found'),
        ("default", bound_to("Node", "no"), 404, 'nodes "no" not found'),
        (
            "robot",
            bound_to("Pod", "web"),
            400,
            'cannot bind token for serviceaccount "robot" to pod running with different serviceaccount name.',
        ),
        (
            "default",
            bound_to("ConfigMap", "c"),
            400,
            "cannot bind token to object of type /v1, Kind=ConfigMap",
        ),
        (
            "default",
            bound_to("Pod", "web", apiVersion="apps/v1"),
            400,
            "cannot bind token to object of type apps/v1, Kind=Pod",
        ),
        ("default", {"boundObjectRef": {}}, 400, "cannot bind token to object of type /, Kind="),
        (
            "default",
            bound_to("Pod", "web", uid="other"),
            409,
            'Operation cannot be fulfilled on Pod "web": the UID in the bound object reference (other) does'
            " not match the UID in record. The object might have been deleted and then recreated",
        ),
    ],
)
def test_a_token_is_not_bound_to_just_anything(store, name, bound, code, said):
    assert refusal(store, name, **bound) == (code, said)


def test_a_token_stands_for_its_account(store):
    found = user(store, token_of(store, "robot"))
    assert found.name == "system:serviceaccount:default:robot"
    assert found.groups == (
        "system:serviceaccounts",
        "system:serviceaccounts:default",
        "system:authenticated",
    )
    assert found.uid == uid(store, "ServiceAccount", "robot")


@pytest.mark.parametrize(
    ("seconds", "good"),
    [
        (-LEEWAY - 1, False),
        (-LEEWAY, True),
        (600, True),
        (600 + LEEWAY, True),
        (600 + LEEWAY + 1, False),
    ],
)
def test_a_token_is_good_for_its_time(store, seconds, good):
    token = token_of(store, expirationSeconds=600)
    assert (user(store, token, NOW + seconds) is not None) is good


def test_an_account_of_the_same_name_is_another(store):
    token = token_of(store, "robot")
    without(store, "ServiceAccount", "robot")
    assert user(store, token) is None
    store.create(make_service_account("robot"))
    assert user(store, token) is None
    assert user(store, token_of(store, "robot"))


@pytest.mark.parametrize(("ago", "good"), [(LEEWAY, True), (LEEWAY + 1, False), (-30, True)])
def test_what_is_being_deleted_counts_for_a_minute_more(ago, good):
    account = make_service_account("robot")
    account["metadata"] |= {"deletionTimestamp": rfc3339(NOW - ago), "finalizers": ["example.com/wait"]}
    store = make_store(account)
    assert (user(store, token_of(store, "robot")) is not None) is good


@pytest.mark.parametrize(("audiences", "good"), [(["vault"], False), (["vault", ISSUER], True), ([], True)])
def test_a_token_for_somebody_else_is_not_for_the_api_server(store, audiences, good):
    token = token_of(store, audiences=audiences)
    assert claims_of(token)["aud"] == (audiences or [ISSUER])
    assert (user(store, token) is not None) is good


def test_a_token_that_was_signed_with_another_key_is_worth_nothing(store):
    token = token_of(store)
    assert tokens.read(token, sign) == claims_of(token)
    assert tokens.read(token, lambda data: sign(data, b"other")) is None


def test_a_token_cannot_be_changed(store):
    header, payload, signature = token_of(store).split(".")
    claims = {**claims_of(f".{payload}."), "sub": "system:serviceaccount:kube-system:default"}
    forged = urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    assert user(store, f"{header}.{forged}.{signature}") is None
    unsigned = urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    for other in (unsigned, header.lower(), ""):
        signed = f"{other}.{payload}"
        text = urlsafe_b64encode(sign(signed.encode())).decode().rstrip("=")
        assert user(store, f"{signed}.{text}") is None
        assert user(store, f"{signed}.") is None


@given(st.text(st.characters(max_codepoint=255)), st.integers(0, 3))
def test_any_other_text_is_no_token(text, place):
    store = make_store()
    parts = token_of(store).split(".")
    parts[place:place] = [text]
    assert user(store, ".".join(parts)) is None
    assert user(store, text) is None


@given(st.data())
def test_a_token_with_one_other_letter_is_no_token(data):
    store = make_store()
    token = token_of(store)
    at = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.characters(max_codepoint=255).filter(lambda other: other != token[at]))
    assert user(store, f"{token[:at]}{letter}{token[at + 1 :]}") is None
