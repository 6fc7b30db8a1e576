"""Schemathesis asks the API whatever its own OpenAPI documents allow: there is no 5xx.

The seed is that of the whole run, which pytest prints at its head: `--randomly-seed=N` repeats it. A real
cluster is left alone.
"""

import json

import pytest
import requests
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

STREAMS = ("attach", "exec", "portforward")
NAMES = ("web", "settings", "node-1", "default")
NAMESPACES = ("default", "kube-system", "fuzz")
GVK = "x-kubernetes-group-version-kind"
TOO_MUCH = (503, 504)
"""What upstream says too: not now, and not before that version."""


@pytest.fixture(scope="module")
def server(new_kubeconfig):
    """The address of a cluster's API, in which there are some of the objects that are asked for."""
    config = yaml.safe_load(new_kubeconfig("--nodes", "2").read_text())
    address = config["clusters"][0]["cluster"]["server"]
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    for path, body in (
        ("namespaces", {"metadata": {"name": "fuzz"}}),
        ("namespaces/fuzz/configmaps", {"metadata": {"name": "settings"}, "data": {"a": "b"}}),
        (
            "namespaces/fuzz/replicationcontrollers",
            {"metadata": {"name": "web"}, "spec": {"template": template}},
        ),
        ("namespaces/fuzz/services", {"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}}),
        ("namespaces/fuzz/pods", {"metadata": {"name": "web"}, "spec": template["spec"]}),
    ):
        assert requests.post(f"{address}/api/v1/{path}", json=body, timeout=30).status_code == 201
    return address


def operations_of(address):
    """All that the documents describe, but for streams, which need an upgrade."""
    documents = requests.get(f"{address}/openapi/v3", timeout=30).json()["paths"]
    assert "api/v1" in documents
    for path in documents:
        document = requests.get(f"{address}/openapi/v3/{path}", timeout=30).json()
        for found in schemathesis.openapi.from_dict(document).get_all_operations():
            operation = found.ok()
            if operation.path.rpartition("/")[2] not in STREAMS:
                yield operation


@st.composite
def aimed(draw, operation):
    """A request that gets past the first checks: it is about something that there is, and says so."""
    case = draw(operation.as_strategy())
    case.query = case.query or {}
    for endless in ("watch", "follow"):
        case.query.pop(endless, None)
    usual = {"name": NAMES, "namespace": NAMESPACES}
    for parameter, values in usual.items():
        if parameter in (case.path_parameters or {}):
            case.path_parameters[parameter] = draw(st.sampled_from(values))
    kind = operation.definition.raw.get(GVK)
    if isinstance(case.body, dict) and kind and case.method != "DELETE":
        case.body = draw(named(case.body, kind, (case.path_parameters or {}).get("name")))
    return case


@st.composite
def named(draw, body, kind, name):
    """A body with the kind of its path, and mostly with the name."""
    api_version = f"{kind['group']}/{kind['version']}" if kind["group"] else kind["version"]
    metadata = body.get("metadata") if isinstance(body.get("metadata"), dict) else {}
    kept = {field: metadata[field] for field in metadata if draw(st.booleans())}
    said = name or draw(st.sampled_from(["new", *NAMES]))
    return {**body, "apiVersion": api_version, "kind": kind["kind"], "metadata": {**kept, "name": said}}


def send(session, address, case):
    """Sends a request as it is, the body as JSON, which is YAML as well."""
    return session.request(
        case.method,
        f"{address}{case.formatted_path}",
        params={name: shown(value) for name, value in case.query.items()},
        data=None
        if case.method == "GET" or not isinstance(case.body, dict | list)
        else json.dumps(case.body),
        headers={"Content-Type": case.media_type or "application/json", "Accept": "application/json"},
        timeout=30,
    )


def shown(value):
    return str(value).lower() if isinstance(value, bool) else value


def test_nothing_that_the_documents_allow_is_an_error_of_the_server(server, count, request):
    answers = {}
    with requests.Session() as session:
        for operation in operations_of(server):

            @seed(request.config.getoption("randomly_seed"))
            @settings(
                max_examples=count(2, 40),
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
                database=None,
            )
            @given(aimed(operation))
            def ask(case):
                answer = send(session, server, case)
                answers[answer.status_code] = answers.get(answer.status_code, 0) + 1
                assert answer.status_code < 500 or answer.status_code in TOO_MUCH, answer.text

            ask()
    # Most of it must have got past the door.
    assert {200, 201, 404, 422} <= answers.keys(), answers
