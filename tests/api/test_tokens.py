"""Tokens of service accounts through the API: asked for, brought along, and void."""

import json
from base64 import urlsafe_b64decode

import pytest

from clusters import actions, keys, memory
from clusters.api import doors, tokens
from clusters.engine.apiserver.tokens import LEEWAY
from tests.api.caller import PODS, Caller, in_thread, pod
from tests.api.go_wire import enveloped, message

ACCOUNTS = "/api/v1/namespaces/default/serviceaccounts"
TOKEN = f"{ACCOUNTS}/default/token"
PROTOBUF = "application/vnd.kubernetes.protobuf"
WHOAMI = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
MAY_I = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
RULES = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
ME = "system:serviceaccount:default:default"


class Holder(Caller):
    """Asks with a token in the header, below a cluster's id or one of its keys."""

    def __init__(self, named, token, address="127.0.0.1"):
        super().__init__(named, address)
        self.token = token

    async def __call__(self, method, path, body=b"", *, headers=(), **options):
        headers = [*headers, ("authorization", f"Bearer {self.token}")]
        return await super().__call__(method, path, body, headers=headers, **options)


def request(**spec):
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}


def in_protobuf(obj):
    return enveloped(obj["apiVersion"], obj["kind"], message(obj["kind"], obj))


@pytest.fixture
async def token(call):
    """A token of the account that every namespace has."""
    return (await call.post(TOKEN, request()))["status"]["token"]


@pytest.fixture
async def account(cluster, token):
    """Asks that cluster with it."""
    return Holder(cluster.pk, token)


@pytest.fixture
def advance(cluster, monkeypatch):
    """advance(seconds): that much simulated time passes at once."""
    real = tokens.simulated_now
    passed = [0.0]
    monkeypatch.setattr(tokens, "simulated_now", lambda image: real(image) + passed[0])

    def step(seconds):
        passed[0] += seconds

    return step


async def test_a_token_is_asked_for_in_json_and_in_protobuf(call):
    made = await call.post(TOKEN, request(expirationSeconds=600, audiences=["vault"]))
    assert (made["kind"], made["apiVersion"]) == ("TokenRequest", "authentication.k8s.io/v1")
    assert made["metadata"]["name"] == "default"
    assert made["spec"] == {"audiences": ["vault"], "boundObjectRef": None, "expirationSeconds": 600}
    body = in_protobuf(request(expirationSeconds=600, audiences=["vault"]))
    again = await call.post(TOKEN, body, content_type=PROTOBUF)
    assert again["spec"] == made["spec"]
    jtis = set()
    for answer in (made, again):
        payload = answer["status"]["token"].split(".")[1]
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        assert (claims["sub"], claims["exp"] - claims["iat"]) == (ME, 600)
        jtis.add(claims["jti"])
    assert len(jtis) == 2


async def test_a_request_that_is_wrong_is_refused_as_upstream_does(call, look):
    reply = await call("POST", TOKEN, request(expirationSeconds=60))
    assert (reply.code, reply.json["reason"]) == (422, "Invalid")
    assert reply.json["details"]["causes"][0]["field"] == "spec.expirationSeconds"
    assert (await call("POST", f"{ACCOUNTS}/nobody/token", request())).message == (
        'serviceaccounts "nobody" not found'
    )
    assert (await call("GET", TOKEN)).code == 405
    wrong = await call("POST", TOKEN, request(expirationSeconds="long"))
    assert wrong.code == 400
    unknown = await call("POST", TOKEN, request(expires=3), fieldValidation="Strict")
    assert unknown.message.endswith('strict decoding error: unknown field "spec.expires"')
    forbidden = await look("POST", TOKEN, request())
    assert forbidden.message == (
        'serviceaccounts "default" is forbidden: User "reader" cannot create resource "serviceaccounts/token"'
        ' in API group "" in the namespace "default"'
    )


async def test_an_account_is_known_by_its_token(account):
    review = await account.post(WHOAMI, {})
    told = review["status"]["userInfo"]
    assert told["username"] == ME
    assert told["groups"] == [
        "system:serviceaccounts",
        "system:serviceaccounts:default",
        "system:authenticated",
    ]
    assert told["extra"]["authentication.kubernetes.io/credential-id"][0].startswith("JTI=")


async def test_an_account_may_read_discovery_and_ask_about_itself_and_nothing_else(account):
    for path in ("/api", "/apis", "/api/v1", "/apis/apps/v1", "/version", "/healthz", "/openapi/v3"):
        assert (await account("GET", path)).code == 200
    reply = await account("GET", PODS)
    assert reply.code == 403
    assert reply.message == (
        f'pods is forbidden: User "{ME}" cannot list resource "pods" in API group ""'
        ' in the namespace "default"'
    )
    for method, path, body in (
        ("GET", f"{PODS}/web", b""),
        ("GET", "/api/v1/nodes", b""),
        ("GET", f"{PODS}/web/log", b""),
        ("POST", f"{PODS}/web/exec", b""),
        ("POST", PODS, pod()),
        ("DELETE", PODS, b""),
        ("POST", TOKEN, request()),
        ("PATCH", f"{ACCOUNTS}/default", b"{}"),
    ):
        assert (await account(method, path, body)).code == 403
    assert (await account("GET", PODS, watch="true")).code == 403


async def test_a_token_goes_before_the_key_in_the_path(call, look, token, cluster):
    for key in (call.key, look.key, cluster.pk):
        assert (await Holder(key, token)("GET", PODS)).code == 403
        review = await Holder(key, token).post(WHOAMI, {})
        assert review["status"]["userInfo"]["username"] == ME


async def test_a_token_opens_no_other_cluster(token):
    other = await in_thread(actions.create_cluster)("tester", nodes=1, delays="none")
    key = await in_thread(keys.key_of)(other.pk, keys.WRITE)
    for named in (other.pk, key, "nonsense", "", "\udcff", token):
        assert (await Holder(named, token)("GET", "/api")).code == 401


async def test_a_token_in_the_path_opens_nothing(token):
    assert (await Caller(token)("GET", "/api")).code == 401


async def test_a_token_ends_with_its_cluster(account, cluster):
    assert (await account("GET", "/api")).code == 200
    await in_thread(actions.delete_cluster)(cluster.pk)
    memory.drop_all()
    assert (await account("GET", "/api")).code == 401


async def test_a_token_ends_with_its_account(call, account):
    assert (await account("GET", "/api")).code == 200
    await call("DELETE", f"{ACCOUNTS}/default")
    reply = await account("GET", "/api")
    assert (reply.code, reply.json["reason"]) == (401, "Unauthorized")
    again = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    await call.post(ACCOUNTS, again)
    assert (await account("GET", "/api")).code == 401
    fresh = (await call.post(TOKEN, request()))["status"]["token"]
    assert (await Holder(call.key, fresh)("GET", "/api")).code == 200


async def test_a_token_ends_with_its_pod(call, cluster):
    await call.post(PODS, pod())
    ref = {"kind": "Pod", "apiVersion": "v1", "name": "web"}
    made = await call.post(TOKEN, request(boundObjectRef=ref))
    holder = Holder(cluster.pk, made["status"]["token"])
    review = await holder.post(WHOAMI, {})
    assert review["status"]["userInfo"]["extra"]["authentication.kubernetes.io/pod-name"] == ["web"]
    await call("DELETE", f"{PODS}/web", gracePeriodSeconds=0)
    assert (await holder("GET", "/api")).code == 401


async def test_a_token_ages_by_the_clusters_time(account, advance):
    advance(3600)
    assert (await account("GET", "/api")).code == 200
    advance(LEEWAY + 60)
    assert (await account("GET", "/api")).code == 401


async def test_a_token_is_worth_nothing_once_the_site_has_another_secret(account, settings):
    assert (await account("GET", "/api")).code == 200
    settings.SECRET_KEY = "another"
    assert (await account("GET", "/api")).code == 401


async def test_who_tries_tokens_has_to_wait_while_good_ones_do_not(cluster, account, token):
    assert (await account("GET", "/api")).code == 200
    for n in range(doors.FAILURES):
        assert (await Holder(cluster.pk, f"{token}{n}")("GET", "/api")).code == 401
    assert (await Holder(cluster.pk, f"{token}x")("GET", "/api")).code == 429
    assert (await account("GET", "/api")).code == 200


@pytest.mark.parametrize("as_protobuf", [False, True])
async def test_everybody_is_told_all_that_he_may_do(call, look, account, as_protobuf):
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": "default"},
    }
    body, kind = (in_protobuf(review), PROTOBUF) if as_protobuf else (review, "")

    async def verbs_on(caller, group, resource):
        rules = (await caller.post(RULES, body, content_type=kind))["status"]["resourceRules"]
        found = set()
        for rule in rules:
            if {group, "*"} & set(rule["apiGroups"]) and {resource, "*"} & set(rule["resources"]):
                found |= set(rule["verbs"])
        return found

    assert await verbs_on(call, "", "pods/exec") == {"*"}
    assert await verbs_on(look, "", "pods") == {"get", "list", "watch"}
    assert await verbs_on(look, "", "pods/exec") == set()
    assert await verbs_on(account, "", "pods") == set()
    assert await verbs_on(account, "authorization.k8s.io", "selfsubjectrulesreviews") == {"create"}
    assert (await call("POST", RULES, {})).message == "no namespace on request"


@pytest.mark.parametrize(
    ("verb", "part", "expected"), [("create", "exec", False), ("get", "log", True), ("get", "exec", False)]
)
async def test_who_may_read_may_read_logs_and_open_no_streams(look, verb, part, expected):
    asked = {"verb": verb, "resource": "pods", "subresource": part, "namespace": "default"}
    review = await look.post(MAY_I, {"spec": {"resourceAttributes": asked}})
    assert review["status"]["allowed"] is expected
