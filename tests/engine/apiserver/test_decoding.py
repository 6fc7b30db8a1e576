"""Objects from outside: unknown fields, wrong types and the one way to write an amount."""

import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.apiserver import schema
from clusters.engine.apiserver.decoding import decode, decode_strictly
from clusters.engine.apiserver.json_text import parse_json
from clusters.engine.apiserver.quantity_text import canonical
from clusters.engine.apiserver.resources import RESOURCES
from clusters.engine.quantities import parse_quantity
from tests.engine.apiserver.test_allocation import service
from tests.engine.apiserver.test_create import bare_controller, bare_pod, refusal


def container(**fields):
    return bare_pod(containers=[{"name": "main", "image": "nginx", **fields}])


def test_a_good_object_passes_as_it_is():
    for obj in (bare_pod(), bare_controller(replicas=3), service()):
        assert decode(obj) == (obj, [])


def test_what_is_null_is_left_out():
    pod = bare_pod(nodeName=None, securityContext={"runAsUser": None})
    pod["metadata"]["creationTimestamp"] = None
    decoded = decode_strictly(pod)
    assert decoded["spec"] == {**bare_pod()["spec"], "securityContext": {}}
    assert "creationTimestamp" not in decoded["metadata"]


UNKNOWN = {
    "a field beside spec": ({**bare_pod(), "specs": {}}, ['unknown field "specs"']),
    "what only the simulator keeps": ({**bare_pod(), "simulation": {}}, ['unknown field "simulation"']),
    "a field in a list": (container(imag="x"), ['unknown field "spec.containers[0].imag"']),
    "several fields": (bare_pod(a=1, b=2), ['unknown field "spec.a"', 'unknown field "spec.b"']),
}


def test_what_is_zero_is_left_out_unless_go_could_tell_it_from_nothing():
    pod = bare_pod(hostNetwork=False, nodeName="", priority=0, automountServiceAccountToken=False)
    pod["spec"]["containers"][0] |= {
        "stdin": False,
        "env": [{"name": "", "value": ""}],
        "securityContext": {"privileged": False},
        "livenessProbe": {"httpGet": {"path": "", "port": 0}, "terminationGracePeriodSeconds": 0},
        "resources": {"limits": {"cpu": "0"}},
    }
    spec = decode_strictly(pod)["spec"]
    assert {"hostNetwork", "nodeName"}.isdisjoint(spec)
    assert (spec["priority"], spec["automountServiceAccountToken"]) == (0, False)
    container = spec["containers"][0]
    assert "stdin" not in container
    assert container["env"] == [{"name": ""}]
    assert container["securityContext"] == {"privileged": False}
    assert container["livenessProbe"] == {"httpGet": {"port": 0}, "terminationGracePeriodSeconds": 0}
    assert container["resources"] == {"limits": {"cpu": "0"}}


def test_kinds_with_the_same_name_in_two_groups_have_their_own_pointers():
    ports = [{"name": "", "port": 0}]
    endpoints = {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "web"}}
    decoded = decode_strictly({**endpoints, "subsets": [{"ports": ports}]})
    assert decoded["subsets"] == [{"ports": [{"port": 0}]}]
    piece = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "web"}}
    decoded = decode_strictly({**piece, "addressType": "IPv4", "endpoints": [], "ports": ports})
    assert decoded["ports"] == ports


@pytest.mark.parametrize(
    ("obj", "complaints"), [pytest.param(*case, id=sentence) for sentence, case in UNKNOWN.items()]
)
def test_unknown_fields_are_refused_or_dropped(obj, complaints):
    decoded, said = decode(obj)
    assert said == complaints
    assert decode(decoded) == (decoded, [])
    error = refusal(decode_strictly, obj)
    assert error.code == 400
    assert error.message == (
        'Pod in version "v1" cannot be handled as a Pod: strict decoding error: ' + ", ".join(complaints)
    )


WRONG = {
    "a text for a number": (
        bare_controller(replicas="3"),
        "string into Go struct field ReplicationControllerSpec.spec.replicas of type int32",
    ),
    "a fraction for a number": (
        bare_controller(replicas=1.5),
        "number 1.5 into Go struct field ReplicationControllerSpec.spec.replicas of type int32",
    ),
    "a number that is too large": (
        bare_controller(replicas=2**31),
        "number 2147483648 into Go struct field ReplicationControllerSpec.spec.replicas of type int32",
    ),
    "a bool for a number": (
        bare_controller(replicas=True),
        "bool into Go struct field ReplicationControllerSpec.spec.replicas of type int32",
    ),
    "a number for a text": (
        container(image=1),
        "number into Go struct field Container.spec.containers.image of type string",
    ),
    "a number for a label": (
        {**bare_pod(), "metadata": {"labels": {"version": 1}}},
        "number into Go struct field ObjectMeta.metadata.labels of type string",
    ),
    "a text for a bool": (
        bare_pod(hostNetwork="yes"),
        "string into Go struct field PodSpec.spec.hostNetwork of type bool",
    ),
    "an object for a list": (
        bare_pod(containers={"name": "a"}),
        "object into Go struct field PodSpec.spec.containers of type []v1.Container",
    ),
    "a text for an object": (
        {**bare_pod(), "spec": "x"},
        "string into Go struct field Pod.spec of type v1.PodSpec",
    ),
    "a list for a map": (
        bare_pod(nodeSelector=["a"]),
        "array into Go struct field PodSpec.spec.nodeSelector of type map[string]string",
    ),
    "a number in a list of texts": (
        container(command=["sleep", 5]),
        "number into Go struct field Container.spec.containers.command of type string",
    ),
    "a bool for a port or its name": (
        service(ports=[{"port": 80, "targetPort": True}]),
        "bool into Go struct field ServicePort.spec.ports.targetPort of type int32",
    ),
}


@pytest.mark.parametrize(
    ("obj", "said"), [pytest.param(*case, id=sentence) for sentence, case in WRONG.items()]
)
def test_wrong_types_are_refused_as_go_does(obj, said):
    error = refusal(decode, obj)
    kind = obj["kind"]
    assert error.code == 400
    assert error.message == (
        f'{kind} in version "v1" cannot be handled as a {kind}: json: cannot unmarshal {said}'
    )


def test_a_whole_number_may_be_written_with_a_point():
    assert decode_strictly(bare_controller(replicas=3.0))["spec"]["replicas"] == 3


def test_a_target_port_is_a_number_or_a_name():
    for target in (8080, "http"):
        decoded = decode_strictly(service(ports=[{"port": 80, "targetPort": target}]))
        assert decoded["spec"]["ports"][0]["targetPort"] == target


@pytest.mark.parametrize("text", ["yesterday", "2026-11-24", "2026-13-24T08:00:00Z", "2026-11-24 08:00:00Z"])
def test_a_time_must_be_one(text):
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "n"},
        "spec": {"taints": [{"key": "a", "effect": "NoExecute", "timeAdded": text}]},
    }
    assert f'parsing time "{text}"' in refusal(decode, node).message
    node["spec"]["taints"][0]["timeAdded"] = "2026-11-24T08:00:00Z"
    assert decode_strictly(node)


def test_an_amount_that_is_none_is_refused():
    error = refusal(decode, container(resources={"requests": {"memory": "64MB"}}))
    assert error.message == (
        'Pod in version "v1" cannot be handled as a Pod: quantities must match the regular expression'
        " '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    )


def test_amounts_are_stored_in_their_canonical_form():
    decoded = decode_strictly(container(resources={"limits": {"cpu": 1, "memory": "1024Mi"}}))
    assert decoded["spec"]["containers"][0]["resources"]["limits"] == {"cpu": "1", "memory": "1Gi"}


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("0", "0"),
        ("1000m", "1"),
        ("0.5", "500m"),
        (0.5, "500m"),
        (2, "2"),
        ("1500m", "1500m"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("512Ki", "512Ki"),
        ("0.5Ki", "512"),
        ("1000", "1k"),
        ("1000M", "1G"),
        ("1e3", "1k"),
        ("-1", "-1"),
        ("0.1n", "1n"),
        ("1e999999", "9223372036854775807"),
        ("1e99999999", "9223372036854775807"),
        ("-1e99999999", "-9223372036854775807"),
        ("-1e30", "-9223372036854775807"),
    ],
)
def test_an_amount_has_one_canonical_form(written, text):
    assert canonical(written) == text


@given(
    st.from_regex(r"-?[0-9]{1,12}(\.[0-9]{1,6})?", fullmatch=True),
    st.sampled_from(["", "m", "u", "k", "M", "G", "Ki", "Mi", "Gi"]),
)
def test_the_canonical_form_is_the_same_amount_and_stays_so(number, suffix):
    text = canonical(number + suffix)
    assert canonical(text) == text
    before = parse_quantity(number + suffix)
    if abs(before) < 2**63:
        assert 0 <= parse_quantity(text) - before < parse_quantity("1n")


def test_every_served_kind_has_a_schema():
    for resource in RESOURCES:
        struct = schema.struct_of(resource.api_version, resource.kind)
        assert {"apiVersion", "kind", "metadata"} <= struct.fields.keys()


def test_the_definitions_are_read_once_however_many_ask(monkeypatch):
    loads = []
    load = schema._load

    def counted():
        loads.append(1)
        return load()

    monkeypatch.setattr(schema, "_known", {})
    monkeypatch.setattr(schema, "_load", counted)
    threads = [threading.Thread(target=schema.struct_of, args=("v1", "Pod")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loads == [1]


def test_bodies_of_subresources_are_decoded_too():
    scale = {"apiVersion": "autoscaling/v1", "kind": "Scale", "spec": {"replicas": "3"}}
    assert "ScaleSpec.spec.replicas of type int32" in refusal(decode, scale).message
    options = {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0, "grace": 1}
    assert decode(options) == (
        {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0},
        ['unknown field "grace"'],
    )
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "deleteOptions": {"dryRun": ["All"]}}
    assert decode_strictly(eviction) == {**eviction, "metadata": {}}


class TestJSONText:
    def test_is_a_value_without_complaints(self):
        text = b'{"a": [1, 2.5, "x:y", null, {"b": true}], "c": 123456789012345678}'
        assert parse_json(text) == (json.loads(text), [])

    def test_with_a_field_that_is_there_twice_has_the_last_value(self):
        text = b'{"spec": {"a": 1, "b": [{"c": 1, "c": 2}, {"a": 1}], "a": 3}, "kind": "x", "kind": "y"}'
        value, complaints = parse_json(text)
        assert value == {"spec": {"a": 3, "b": [{"c": 2}, {"a": 1}]}, "kind": "y"}
        assert complaints == [
            'duplicate field "kind"',
            'duplicate field "spec.a"',
            'duplicate field "spec.b[0].c"',
        ]

    @pytest.mark.parametrize(
        "text",
        [
            b"",
            b"{",
            b'{"a": 1} x',
            b"NaN",
            b'"\xff"',
            b'{"a": 01}',
            b'"\\ud800"',
            b"[" * 300 + b"]" * 300,
            b'{"a":' * 900 + b"1" + b"}" * 900,
            b"[" * 100_000,
        ],
    )
    def test_that_is_none_is_refused(self, text):
        with pytest.raises(ValueError, match=r"."):
            parse_json(text)

    def test_may_hold_very_long_fractions(self):
        text = b'{"a": 0.' + b"1" * 5000 + b', "a": 1}'
        assert parse_json(text) == ({"a": 1}, ['duplicate field "a"'])

    @given(
        st.recursive(
            st.none() | st.booleans() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        )
    )
    def test_is_read_as_everywhere(self, value):
        assert parse_json(json.dumps(value, ensure_ascii=False).encode()) == (value, [])


def test_not_all_of_very_many_complaints_are_told():
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {}, **{f"x{number}": 1 for number in range(1000)}}
    assert len(decode(pod)[1]) == 100
    text = b'{"a":1,' + b",".join(b'"x%d":1,"x%d":2' % (number, number) for number in range(1000)) + b"}"
    assert len(parse_json(text)[1]) == 100
