"""Bodies in protobuf: what kubectl meant by them, and what nobody could mean."""

import json
from base64 import b64decode
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusters.api import bodies
from clusters.api.protobuf import decode, decoding
from clusters.engine.apiserver import decoding as engine
from clusters.engine.apiserver.errors import StatusError
from tests.api.go_wire import KINDS, enveloped, message, tagged, varint

BODIES = json.loads((Path(__file__).parent / "kubectl_bodies.json").read_text())


def body_of(command):
    return b64decode(BODIES[command]["body"])


def decoded(kind, raw, api_version="v1"):
    """The object of a message, without what says of which kind it is."""
    obj = decode(enveloped(api_version, kind, raw), api_version, kind)
    assert (obj.pop("apiVersion"), obj.pop("kind")) == (api_version, kind)
    return obj


def refusal(body, expected=("v1", "Pod")):
    with pytest.raises(StatusError) as caught:
        decode(body, *expected)
    assert (caught.value.code, caught.value.reason) == (400, "BadRequest")
    return caught.value.message


def without_zero(value, path=()):
    """kubectl's own JSON without what Go writes although it is not set."""
    if isinstance(value, list):
        return [without_zero(item, path) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: without_zero(item, (*path, key)) for key, item in value.items()}
    return {
        key: item
        for key, item in kept.items()
        if item not in (None, {}, "", 0) or (*path, key) == ("spec", "replicas")
    }


# What kubectl sends


@pytest.mark.parametrize("command", BODIES)
def test_a_body_of_kubectl_is_the_object_that_its_dry_run_shows(command):
    want = without_zero(BODIES[command]["object"])
    assert decode(body_of(command), want["apiVersion"], want["kind"]) == want


@pytest.mark.parametrize("command", BODIES)
def test_a_body_of_kubectl_passes_the_strict_check(command):
    want = BODIES[command]["object"]
    obj = decode(body_of(command), want["apiVersion"], want["kind"])
    assert engine.decode(obj)[1] == []


def test_a_deployment_of_no_replicas_keeps_its_zero():
    (command,) = [command for command in BODIES if "--replicas=0" in command]
    assert decode(body_of(command), "apps/v1", "Deployment")["spec"]["replicas"] == 0


@pytest.mark.parametrize("command", BODIES)
def test_the_api_takes_a_body_of_kubectl(command):
    want = BODIES[command]["object"]
    body = bodies.decoded(
        body_of(command),
        "application/vnd.kubernetes.protobuf",
        bodies.Kind(want["apiVersion"], want["kind"]),
        "Strict",
    )
    assert body.object["kind"] == want["kind"]
    assert body.object["metadata"].get("name") == want.get("metadata", {}).get("name")
    assert body.warnings == []


# Values


def test_zero_values_are_kept_behind_a_pointer_only():
    pod = message("Pod", {"spec": {"hostNetwork": False, "priority": 0, "hostUsers": False, "hostname": ""}})
    assert decoded("Pod", pod) == {"spec": {"priority": 0, "hostUsers": False}}


def test_an_empty_message_behind_a_pointer_is_something():
    pod = message("Pod", {"spec": {"volumes": [{"name": "v", "emptyDir": {}}], "securityContext": {}}})
    assert decoded("Pod", pod)["spec"] == {
        "volumes": [{"name": "v", "emptyDir": {}}],
        "securityContext": {},
    }


def test_fields_of_go_that_have_no_name_are_those_of_what_is_around_them():
    probe = {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 5}
    env = [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "conf", "key": "a"}}}]
    container = {"name": "c", "livenessProbe": probe, "env": env}
    volume = {"name": "v", "hostPath": {"path": "/tmp"}}
    spec = {"containers": [container], "volumes": [volume], "ephemeralContainers": [{"name": "debug"}]}
    assert decoded("Pod", message("Pod", {"spec": spec}))["spec"] == spec


@pytest.mark.parametrize("number", [-1, -(2**31), 2**31 - 1, 7])
def test_negative_numbers_have_ten_bytes(number):
    pod = {"spec": {"priority": number, "tolerations": [{"tolerationSeconds": number}]}}
    assert decoded("Pod", message("Pod", pod)) == pod


def test_a_number_of_64_bits_in_a_field_of_32_loses_the_upper_ones():
    spec = tagged(25, 2**40 + 5)
    assert decoded("Pod", tagged(2, spec)) == {"spec": {"priority": 5}}


def test_lists_of_numbers_may_be_packed():
    one_by_one = tagged(4, 1) + tagged(4, 2**63 - 1) + tagged(4, -1)
    at_once = tagged(4, varint(1) + varint(2**63 - 1) + varint(-1))
    for groups in (one_by_one, at_once):
        pod = decoded("Pod", tagged(2, tagged(14, groups)))
        assert pod["spec"]["securityContext"] == {"supplementalGroups": [1, 2**63 - 1, -1]}


def test_empty_texts_in_lists_and_maps_are_kept():
    pod = {"metadata": {"labels": {"a": "", "": "b"}}, "spec": {"containers": [{"args": ["", "x"]}]}}
    assert decoded("Pod", message("Pod", pod)) == pod


def test_an_entry_of_a_map_may_lack_key_and_value():
    assert decoded("ConfigMap", tagged(2, b"")) == {"data": {"": ""}}
    assert decoded("ConfigMap", tagged(2, tagged(1, b"k"))) == {"data": {"k": ""}}
    quota = tagged(2, tagged(1, tagged(1, b"")))
    assert decoded("ResourceQuota", quota) == {"spec": {"hard": {"": "0"}}}


def test_bytes_are_base64_in_json():
    secret = tagged(2, tagged(1, b"k") + tagged(2, b"\x00\x01\xfe\xff"))
    assert decoded("Secret", secret) == {"data": {"k": "AAH+/w=="}}


def test_bytes_that_are_no_text_become_replacement_characters():
    assert decoded("Pod", tagged(1, tagged(1, b"a\xff"))) == {"metadata": {"name": "a�"}}


def test_times_are_whole_seconds_and_micro_times_are_not():
    moment = tagged(1, 1_795_507_200) + tagged(2, 123_456_789)
    meta = decoded("Pod", tagged(1, tagged(8, moment)))["metadata"]
    assert meta == {"creationTimestamp": "2026-11-24T08:00:00Z"}
    event = decoded("Event", tagged(10, moment))
    assert event == {"eventTime": "2026-11-24T08:00:00.123456Z"}


def test_the_zero_time_of_go_is_no_time():
    assert decoded("Pod", tagged(1, tagged(8, tagged(1, -62_135_596_800)))) == {}
    assert decoded("Pod", tagged(1, tagged(9, b""))) == {}


def test_managed_fields_are_json_in_protobuf():
    entry = tagged(1, b"kubectl") + tagged(7, tagged(1, b'{"f:spec":{}}'))
    meta = decoded("Pod", tagged(1, tagged(17, entry)))["metadata"]
    assert meta == {"managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}]}


def test_later_parts_of_a_message_are_added_to_earlier_ones():
    pod = tagged(2, tagged(10, b"node-1") + tagged(25, 5)) + tagged(2, tagged(10, b"") + tagged(16, b"h"))
    assert decoded("Pod", pod) == {"spec": {"priority": 5, "hostname": "h"}}


def test_fields_that_are_not_known_are_skipped():
    group = varint(1000 << 3 | 3) + varint(5 << 3 | 3) + varint(5 << 3 | 4) + tagged(3, b"x")
    group += varint(1000 << 3 | 4)
    fixed = varint(1001 << 3 | 1) + b"12345678" + varint(1002 << 3 | 5) + b"1234"
    raw = group + fixed + tagged(1003, 7) + tagged(1004, b"x") + tagged(1, tagged(1, b"p"))
    assert decoded("Pod", raw) == {"metadata": {"name": "p"}}


# Envelopes


def test_what_an_envelope_leaves_open_is_as_expected():
    raw = message("Pod", {"metadata": {"name": "p"}})
    obj = decode(b"k8s\0" + tagged(2, raw), "v1", "Pod")
    assert obj == {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}


def test_an_envelope_without_a_message_is_an_empty_object():
    assert decode(enveloped("v1", "Pod", b"")[:-6], "v1", "Pod") == {"apiVersion": "v1", "kind": "Pod"}


def test_an_object_of_another_kind_is_told_as_such():
    body = enveloped("apps/v1", "Deployment", b"")
    assert decode(body, "v1", "Pod") == {"apiVersion": "apps/v1", "kind": "Deployment"}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty data (<empty>)"),
        (b"k8s\0", "empty body (6b387300)"),
        (
            b'{"kind":"Pod"}',
            "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"
            " (7b226b696e64223a22506f64227d)",
        ),
        (b"k8s\0\x0a", "unexpected EOF (6b3873000a)"),
        (b"k8s\0" + tagged(1, 7), "proto: wrong wireType = 0 for field TypeMeta (6b3873000807)"),
        (b"k8s\0" + tagged(2, 7), "proto: wrong wireType = 0 for field Raw (6b3873001007)"),
        (b"k8s\0" + bytes(40), f"proto: Unknown: illegal tag 0 (wire type 0) (6b387300{'00' * 26} ...)"),
    ],
)
def test_what_is_no_envelope_is_refused(body, why):
    assert refusal(body) == f"the object provided is unrecognized (must be of type Pod): {why}"


@pytest.mark.parametrize(("api_version", "kind"), [("batch/v1", "Job"), ("v1", "PodSpec"), ("v2", "Pod")])
def test_a_kind_that_is_not_served_is_refused(api_version, kind):
    version = api_version.rpartition("/")[2]
    assert refusal(enveloped(api_version, kind, b"")) == (
        f'{kind} in version "{version}" cannot be handled as a Pod: no kind "{kind}" is registered for'
        f' version "{api_version}" in scheme "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"'
    )


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"\x0a\x05abc", "unexpected EOF"),
        (b"\x0a", "unexpected EOF"),
        (b"\xff" * 11, "proto: integer overflow"),
        (b"\x0a" + varint(-1), "proto: negative length found during unmarshaling"),
        (tagged(1, 7), "proto: wrong wireType = 0 for field Metadata"),
        (tagged(1, tagged(1, 7)), "proto: wrong wireType = 0 for field Name"),
        (tagged(2, tagged(11, b"1")), "proto: wrong wireType = 2 for field HostNetwork"),
        (tagged(2, tagged(1, tagged(2, 7))), "proto: wrong wireType = 0 for field VolumeSource"),
        (varint(1 << 3 | 5) + b"1234", "proto: wrong wireType = 5 for field Metadata"),
        (b"\x0c", "proto: Pod: wiretype end group for non-group"),
        (b"\x0e", "proto: illegal wireType 6"),
        (b"\x02\x00", "proto: Pod: illegal tag 0 (wire type 2)"),
        (varint(9 << 3 | 3) + tagged(1, 1), "unexpected EOF"),
        (tagged(1, tagged(11, tagged(1, 7))), "proto: wrong wireType = 0 for field Labels"),
        (tagged(1, tagged(8, tagged(1, 2**62))), "Time.MarshalJSON: year outside of range [0,9999]"),
        (tagged(1, tagged(8, tagged(1, b"x"))), "proto: wrong wireType = 2 for field 1"),
    ],
)
def test_a_malformed_message_is_refused_in_the_words_of_go(raw, why):
    assert refusal(enveloped("v1", "Pod", raw)) == f'Pod in version "v1" cannot be handled as a Pod: {why}'


def test_managed_fields_that_are_no_json_are_refused():
    raw = tagged(1, tagged(17, tagged(7, tagged(1, b"{"))))
    assert "json: error calling MarshalJSON" in refusal(enveloped("v1", "Pod", raw))


def test_a_number_or_text_that_is_neither_is_refused():
    raw = tagged(2, tagged(1, tagged(4, tagged(1, 2))))
    assert "impossible IntOrString.Type" in refusal(enveloped("v1", "Service", raw))


def test_a_body_of_too_many_values_is_refused(monkeypatch):
    monkeypatch.setattr(decoding, "MOST_VALUES", 100)
    assert decoded("Pod", tagged(1, b"") * 100) == {}
    assert "limit is 100 values" in refusal(enveloped("v1", "Pod", tagged(1, b"") * 101))
    packed = tagged(2, tagged(14, tagged(4, bytes(99))))
    assert "limit is 100 values" in refusal(enveloped("v1", "Pod", packed))


def test_very_deep_groups_are_no_trouble():
    raw = varint(9 << 3 | 3) * 100_000
    assert "unexpected EOF" in refusal(enveloped("v1", "Pod", raw))
    assert decoded("Pod", raw + varint(9 << 3 | 4) * 100_000) == {}


def decodes_or_is_refused(body, expected):
    try:
        answer = decode(body, *expected)
    except StatusError as error:
        answer = error.status()
    json.dumps(answer)
    assert answer.get("code", 400) == 400


@settings(max_examples=300, deadline=None)
@given(kind=st.sampled_from(KINDS), raw=st.binary(max_size=200))
def test_random_bytes_are_an_object_or_refused(kind, raw):
    decodes_or_is_refused(enveloped(*kind, raw), kind)
    decodes_or_is_refused(b"k8s\0" + raw, kind)
    decodes_or_is_refused(raw, kind)


@settings(max_examples=300, deadline=None)
@given(
    command=st.sampled_from(sorted(BODIES)),
    at=st.integers(0, 300),
    change=st.binary(max_size=3),
    gone=st.integers(0, 5),
)
def test_a_body_with_an_error_in_it_is_an_object_or_refused(command, at, change, gone):
    body = body_of(command)
    want = BODIES[command]["object"]
    at %= len(body)
    decodes_or_is_refused(body[:at] + change + body[at + gone :], (want["apiVersion"], want["kind"]))
