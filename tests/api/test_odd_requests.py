"""Whatever bytes are a path, a query, headers or a body: nothing refused is written, and there is no 5xx.

What is well formed and strange all the same is in test_fuzz.py.
"""

from urllib.parse import urlencode

import pytest
from asgiref.sync import async_to_sync
from hypothesis import given
from hypothesis import strategies as st

from clusters import keys, memory
from tests.api.caller import PATCH_TYPES, PODS, Caller, ask, check_sound, config_map, controller, pod

BODY_TYPES = ("application/json", "application/yaml", "application/vnd.kubernetes.protobuf")
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
        check_sound(reply)
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
