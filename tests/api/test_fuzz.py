"""Whatever document is sent, the answer is a Status of the client's own fault, and nothing is half written.

What is no document at all is in test_odd_requests.py.
"""

import asyncio
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clusters import actions, keys, memory
from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.resources import BY_KIND, RESOURCES
from tests.api.caller import PATCH_TYPES, TABLE, Caller, check_sound, config_map, controller, in_thread, pod
from tests.conftest import SOAK

MANY = 20_000
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
MEDIA = [
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
    *PATCH_TYPES,
    "text/plain",
]
PARAMETERS = [
    *("limit", "continue", "resourceVersion", "resourceVersionMatch", "labelSelector", "fieldSelector"),
    *("dryRun", "fieldValidation", "fieldManager", "gracePeriodSeconds", "propagationPolicy"),
    *("orphanDependents", "includeObject", "force", "timeoutSeconds"),
]

words = st.sampled_from(
    [
        "",
        "web",
        "default",
        "node-1",
        "status",
        "scale",
        "x" * 300,
        "..",
        "%2F",
        "\0",
        "é",
        "0",
        "-1",
        "All",
        "Strict",
    ]
) | st.text(max_size=6)
scalars = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | words
names = st.sampled_from(
    [
        *("metadata", "name", "namespace", "labels", "annotations", "resourceVersion", "uid", "finalizers"),
        *("ownerReferences", "deletionTimestamp", "managedFields", "spec", "status", "template", "data"),
        *("containers", "image", "env", "ports", "port", "limits", "cpu", "replicas", "selector"),
        *("matchLabels", "nodeName", "type", "target", "kind", "apiVersion", "op", "path", "value", "$patch"),
    ]
)
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | words, inner, max_size=5),
    max_leaves=12,
)
queries = st.dictionaries(st.sampled_from(PARAMETERS), words, max_size=3)


@st.composite
def paths(draw):
    """Mostly paths that there are, or nearly."""
    resource = draw(st.sampled_from(RESOURCES))
    root = f"/apis/{resource.group}" if resource.group else "/api"
    path = f"{root}/{resource.version}"
    if resource.namespaced and draw(st.integers(0, 9)):
        path += f"/namespaces/{draw(st.sampled_from(['default', 'none', 'x/y']))}"
    path += f"/{resource.plural}"
    for part in draw(st.lists(words, max_size=2)):
        path += f"/{part}"
    if resource.subresources and draw(st.booleans()):
        path += f"/web/{draw(st.sampled_from(resource.subresources)).name}"
    return path


@st.composite
def changed(draw, document):
    """A document with something strange somewhere in it."""
    document = json.loads(json.dumps(document))
    here = document
    while True:
        key = draw(st.sampled_from(sorted(here))) if isinstance(here, dict) else 0
        inner = here[key]
        if not isinstance(inner, dict | list) or not inner or draw(st.integers(0, 2)) == 0:
            here[key] = draw(documents)
            return document
        here = inner


bodies = st.one_of(
    documents.map(lambda document: json.dumps(document).encode()).filter(bool),
    st.one_of(changed(pod()), changed(controller()), changed(config_map(a="1"))).map(
        lambda document: json.dumps(document).encode()
    ),
)


@pytest.fixture
def caller(cluster):
    """Whoever sends it. Afterwards the tables hold what the process has in memory."""
    actions.transact(cluster.pk, _fill, actor="person:tester")
    yield Caller(keys.key_of(cluster.pk, keys.WRITE))
    held = memory.image(cluster.pk)
    memory.drop(cluster.pk)
    assert memory.image(cluster.pk) == held


async def ask(cluster, caller, method, path, body, **options):
    """Sends a request; nothing is written by one that is refused, or that only looks."""
    before = await revision(cluster)
    reply = await caller(method, path, body, **options)
    check_sound(reply)
    if reply.code >= 400 or method == "GET":
        assert await revision(cluster) == before, reply
    return reply


async def revision(cluster):
    return (await in_thread(memory.image)(cluster.pk)).revision


def _fill(store):
    for made in (pod(), controller(), config_map("web")):
        made["metadata"]["namespace"] = "default"
        verbs.create(store, made)


@given(
    method=st.sampled_from(METHODS),
    path=paths(),
    query=queries,
    media=st.sampled_from(MEDIA),
    body=bodies,
)
@settings(
    max_examples=MANY if SOAK else 300,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_request_breaks_the_server(cluster, caller, method, path, query, media, body):
    asyncio.run(ask(cluster, caller, method, path, body, content_type=media, **query))


TEMPLATE = controller()["spec"]["template"]
REFERENCE = {"kind": "Pod", "namespace": "default", "name": "web", "uid": "1"}
SAMPLES = [
    pod(),
    controller(),
    config_map("web", a="1"),
    {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "web"}, "data": {"a": "YQ=="}},
    {"kind": "ServiceAccount", "apiVersion": "v1", "metadata": {"name": "web"}},
    {
        "kind": "ResourceQuota",
        "apiVersion": "v1",
        "metadata": {"name": "web"},
        "spec": {"hard": {"pods": "9"}},
    },
    {
        "kind": "Service",
        "apiVersion": "v1",
        "metadata": {"name": "web"},
        "spec": {
            "type": "NodePort",
            "ports": [{"port": 80, "targetPort": "http"}],
            "selector": {"app": "web"},
        },
    },
    {
        "kind": "Deployment",
        "apiVersion": "apps/v1",
        "metadata": {"name": "web"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": TEMPLATE},
    },
    {
        "kind": "PodDisruptionBudget",
        "apiVersion": "policy/v1",
        "metadata": {"name": "web"},
        "spec": {"minAvailable": "50%", "selector": {"matchLabels": {"app": "web"}}},
    },
    {
        "kind": "Event",
        "apiVersion": "v1",
        "metadata": {"name": "web"},
        "involvedObject": REFERENCE,
        "reason": "Because",
        "source": {"component": "tester"},
        "count": 1,
    },
    {
        "kind": "Endpoints",
        "apiVersion": "v1",
        "metadata": {"name": "web"},
        "subsets": [{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}]}],
    },
    {
        "kind": "EndpointSlice",
        "apiVersion": "discovery.k8s.io/v1",
        "metadata": {"name": "web"},
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": True}}],
        "ports": [{"name": "", "port": 80, "protocol": "TCP"}],
    },
    {
        "kind": "Node",
        "apiVersion": "v1",
        "metadata": {"name": "web"},
        "spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]},
        "status": {"capacity": {"cpu": "1"}, "conditions": [{"type": "Ready", "status": "True"}]},
    },
    {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "web"}},
]


@st.composite
def changes(draw):
    """(sample, the same with something strange in it): what is there, and what somebody makes of it."""
    sample = draw(st.sampled_from(SAMPLES))
    strange = draw(changed(sample))
    return sample, draw(changed(strange)) if draw(st.booleans()) else strange


def place_of(sample):
    """The path of all objects of a sample's kind and namespace."""
    resource = BY_KIND[sample["kind"]]
    root = f"/apis/{sample['apiVersion']}" if resource.group else "/api/v1"
    return f"{root}{'/namespaces/default' if resource.namespaced else ''}/{resource.plural}"


async def write_and_look(cluster, caller, sample, strange, method, part, media, validation):
    """Writes a sample and something strange over it, and lets the control plane see it.

    Returns what is told to those who look then.
    """
    place = place_of(sample)
    await caller("POST", place, sample)
    path = place if method == "POST" else f"{place}/web{part}"
    body = json.dumps(strange).encode()
    query = {"fieldValidation": validation, "fieldManager": "tester"}
    if method == "POST":
        await caller("DELETE", f"{place}/web", {"gracePeriodSeconds": 0, "propagationPolicy": "Background"})
    kind = media if method == "PATCH" else "application/json"
    await ask(cluster, caller, method, path, body, content_type=kind, **query)
    while (await asyncio.wrap_future(actions.reconcile(cluster.pk, "tester", 500, 1.0))).more:
        pass
    return [await caller("GET", place, accept=accept) for accept in (TABLE, "application/json")]


@given(
    change=changes(),
    method=st.sampled_from(["POST", "PUT", "PATCH"]),
    part=st.sampled_from(["", "", "/status", "/scale"]),
    media=st.sampled_from(PATCH_TYPES),
    validation=st.sampled_from(["Strict", "Warn", "Ignore"]),
)
@settings(
    max_examples=MANY if SOAK else 200,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_nothing_strange_can_be_stored_that_cannot_be_lived_with(
    cluster, caller, change, method, part, media, validation
):
    looks = asyncio.run(write_and_look(cluster, caller, *change, method, part, media, validation))
    assert [reply.code for reply in looks] == [200, 200]
