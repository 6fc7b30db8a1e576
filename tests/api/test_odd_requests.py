"""What is refused is not written, and there is no 5xx: whatever the path, query, headers and body."""

from urllib.parse import urlencode

import orjson
import pytest
from asgiref.sync import async_to_sync
from hypothesis import given
from hypothesis import strategies as st

from clusters import keys, memory
from tests.api.caller import PODS, Caller, ask, config_map, controller, pod

BODY_TYPES = ("application/json", "application/yaml", "application/vnd.kubernetes.protobuf")
PATCH_TYPES = (
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
)
MAPS = "/api/v1/namespaces/default/configmaps"
CONTROLLERS = "/api/v1/namespaces/default/replicationcontrollers"
PLACES = (
    (MAPS, "settings", config_map()),
    (PODS, "web", pod()),
    (CONTROLLERS, "web", controller()),
    (CONTROLLERS, "web/scale", {"metadata": {"name": "web"}, "spec": {"replicas": 3}}),
    (PODS, "web/status", pod()),
    ("/api/v1/namespaces", "default", {"metadata": {"name": "default"}}),
    ("/api/v1/nodes", "node-1", {"metadata": {"name": "node-1"}, "spec": {}}),
)
PARTS = (
    "api",
    "apis",
    "v1",
    "apps",
    "namespaces",
    "default",
    "pods",
    "web",
    "log",
    "scale",
    "watch",
    "..",
    "",
)
HEADERS = (
    *(b"accept", b"accept-encoding", b"authorization", b"content-length", b"content-type", b"expect"),
    *(b"if-none-match", b"kubectl-command", b"user-agent", b"x-remote-user", b"\xff"),
)

texts = st.text(max_size=12)
scalars = (
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(width=32, allow_nan=False) | texts
)
values = st.recursive(
    scalars.filter(lambda value: value not in (float("inf"), float("-inf"))),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
yaml_like = st.text(alphabet="{}[]:,&*-?!|>\"'ab1 \n", max_size=60).map(str.encode)
bodies = st.one_of(
    st.binary(max_size=100),
    st.binary(max_size=100).map(b"k8s\0".__add__),
    texts.map(lambda text: text.encode("utf-8", "surrogatepass")),
    yaml_like,
)
words = st.sampled_from(PARTS).map(str.encode) | st.binary(max_size=6)
parameters = st.sampled_from(
    (
        *("labelSelector", "fieldSelector", "limit", "continue", "resourceVersion", "resourceVersionMatch"),
        *("dryRun", "fieldManager", "fieldValidation", "propagationPolicy", "gracePeriodSeconds", "pretty"),
    )
)
queries = st.lists(st.tuples(parameters, words), max_size=3).map(lambda pairs: urlencode(pairs).encode())


@pytest.fixture
def check(cluster):
    """check(method, path, body, headers, query): one request to a cluster with something in it."""
    key = keys.key_of(cluster.pk, keys.WRITE)
    call = async_to_sync(Caller(key).__call__)
    for path, body in ((MAPS, config_map(a="1")), (PODS, pod()), (CONTROLLERS, controller())):
        assert call("POST", path, body).code == 201

    def check(method, path, body=b"", headers=(), query=b""):
        before = memory.image(cluster.pk).revision
        scope = {
            "type": "http",
            "method": method,
            "path": f"/k8s/{key}{path}",
            "query_string": query,
            "headers": list(headers),
            "client": ("127.0.0.1", 1),
        }
        reply = async_to_sync(ask)(scope, body)
        # Whoever asks for a version of the future gets upstream's 504.
        assert reply.code < 500 or reply.json["reason"] == "Timeout", reply
        if reply.code >= 400:
            assert (reply.json["kind"], reply.json["code"]) == ("Status", reply.code)
        if reply.code >= 400 or method == "GET":
            assert memory.image(cluster.pk).revision == before, reply

    return check


def test_any_bytes_can_be_a_body(check):
    @given(
        bodies,
        st.sampled_from(BODY_TYPES),
        st.sampled_from(PLACES),
        st.sampled_from(["POST", "PUT", "DELETE"]),
    )
    def run(body, media, place, method):
        path = place[0] if method == "POST" else f"{place[0]}/{place[1]}"
        check(method, path, body, [(b"content-type", media.encode())])

    run()


def test_any_bytes_can_be_a_patch(check):
    @given(bodies, st.sampled_from(PATCH_TYPES), st.sampled_from(PLACES))
    def run(body, media, place):
        path = f"{place[0]}/{place[1]}"
        check("PATCH", path, body, [(b"content-type", media.encode())], b"fieldManager=someone")

    run()


def test_any_value_can_be_anywhere_in_a_body(check):
    @given(st.data(), st.sampled_from(PLACES), st.sampled_from(["POST", "PUT", *PATCH_TYPES[1:]]))
    def run(data, place, method):
        collection, name, usual = place
        body = data.draw(with_something_odd(usual))
        path = collection if method == "POST" else f"{collection}/{name}"
        media, query = b"application/json", b"fieldValidation=Strict&fieldManager=someone"
        if method in PATCH_TYPES:
            method, media = "PATCH", method.encode()
        check(method, path, orjson.dumps(body), [(b"content-type", media)], query)

    run()


@st.composite
def with_something_odd(draw, usual):
    """The object, but one of its fields is something else, or there is one more."""
    if not isinstance(usual, dict | list) or not usual or draw(st.integers(0, 3)) == 0:
        return draw(values)
    if isinstance(usual, list):
        return [draw(with_something_odd(usual[0])), *usual[1:]]
    field = draw(st.sampled_from(sorted(usual)))
    return {**usual, field: draw(with_something_odd(usual[field]))}


def test_any_path_query_and_headers_can_be_asked_for(check):
    @given(
        st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW"]),
        st.lists(words, max_size=7).map(b"/".join)
        | st.sampled_from(PLACES).map(lambda place: place[0].encode()),
        st.binary(max_size=30) | queries,
        st.lists(st.tuples(st.sampled_from(HEADERS), st.binary(max_size=20)), max_size=3),
    )
    def run(method, path, query, headers):
        # Watches last; they have tests of their own. A key in a header opens another cluster, or none.
        if b"watch" not in query:
            check(method, f"/{path.decode('utf-8', 'replace')}", b"", headers, query)

    run()
