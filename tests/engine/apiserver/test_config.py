"""ConfigMaps, Secrets and ServiceAccounts, and the account that a pod needs."""

import base64

import pytest

from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.decoding import decode, decode_strictly
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.objects import with_value
from tests.engine.builders import make_namespace, make_store
from tests.engine.world import simple_pod

MEGABYTE = 1024 * 1024


def config_map(**parts):
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", "namespace": "default"},
        **parts,
    }


def secret(type_="Opaque", **parts):
    metadata = {"name": "s", "namespace": "default"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": type_, **parts}


def b64(text):
    return base64.b64encode(text.encode()).decode()


def said(verb, *arguments, **options):
    with pytest.raises(StatusError) as caught:
        verb(*arguments, **options)
    return caught.value.message


@pytest.mark.parametrize(
    ("obj", "complaint"),
    [
        (
            config_map(data={"a b": "x"}),
            'data[a b]: Invalid value: "a b": a valid config key must consist of alphanumeric characters,'
            " '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is "
            "'[-._a-zA-Z0-9]+')",
        ),
        (config_map(data={"..": "x"}), "data[..]: Invalid value: \"..\": must not be '..'"),
        (
            config_map(binaryData={"..x": ""}),
            "binaryData[..x]: Invalid value: \"..x\": must not start with '..'",
        ),
        (
            config_map(data={"k": "x"}, binaryData={"k": "eA=="}),
            'data[k]: Invalid value: "k": duplicate of key present in binaryData',
        ),
        (
            config_map(data={"k": "x" * (MEGABYTE + 1)}),
            "[]: Too long: may not be more than 1048576 bytes",
        ),
        (
            secret(data={"k": b64("x" * (MEGABYTE + 1))}),
            "data: Too long: may not be more than 1048576 bytes",
        ),
        (
            secret("kubernetes.io/tls", data={}),
            "[data[tls.crt]: Required value, data[tls.key]: Required value]",
        ),
        (
            secret("kubernetes.io/basic-auth"),
            "[data[%s][username]: Required value, data[%s][password]: Required value]",
        ),
        (secret("kubernetes.io/ssh-auth"), "data[%s][ssh-privatekey]: Required value"),
        (
            secret("kubernetes.io/service-account-token"),
            "metadata.annotations[kubernetes.io/service-account.name]: Required value",
        ),
        (secret("kubernetes.io/dockerconfigjson"), "data[.dockerconfigjson]: Required value"),
        (
            secret("kubernetes.io/dockerconfigjson", data={".dockerconfigjson": b64("x")}),
            'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>":'
            " invalid character 'x' looking for beginning of value",
        ),
        (
            secret("kubernetes.io/dockercfg", data={".dockercfg": b64("{")}),
            'data[.dockercfg]: Invalid value: "<secret contents redacted>": unexpected end of JSON input',
        ),
        (
            secret("kubernetes.io/dockercfg", data={".dockercfg": b64("[]")}),
            'data[.dockercfg]: Invalid value: "<secret contents redacted>":'
            " json: cannot unmarshal array into Go value of type map[string]interface {}",
        ),
    ],
)
def test_what_is_wrong_with_them_is_told(obj, complaint):
    assert (
        said(verbs.create, make_store(), obj)
        == f'{obj["kind"]} "{obj["metadata"]["name"]}" is invalid: {complaint}'
    )


@pytest.mark.parametrize(
    "obj",
    [
        config_map(),
        config_map(data={"k": "x" * MEGABYTE}),
        config_map(data={"a.b_C-1": ""}, binaryData={".hidden": "eA=="}),
        secret("kubernetes.io/tls", data={"tls.crt": "", "tls.key": ""}),
        secret("kubernetes.io/basic-auth", stringData={"username": "ada"}),
        secret("kubernetes.io/ssh-auth", stringData={"ssh-privatekey": "k"}),
        secret("kubernetes.io/dockercfg", stringData={".dockercfg": "{}"}),
        secret("example.com/own"),
    ],
)
def test_what_is_right_is_stored(obj):
    store = make_store()
    created = verbs.create(store, obj)
    assert store.get(obj["kind"], "default", obj["metadata"]["name"]) == created


def test_texts_of_a_secret_become_data_and_are_not_shown():
    obj = secret(stringData={"user": "ada", "both": "text"}, data={"both": b64("data"), "old": b64("x")})
    obj.pop("type")
    created = verbs.create(make_store(), obj)
    assert created["type"] == "Opaque"
    assert "stringData" not in created
    assert created["data"] == {"user": b64("ada"), "both": b64("text"), "old": b64("x")}


def test_an_update_may_bring_texts_too():
    store = make_store()
    created = verbs.create(store, secret(data={"a": b64("1")}))
    updated = verbs.update(store, {**created, "stringData": {"b": "2"}})
    assert updated["data"] == {"a": b64("1"), "b": b64("2")}
    assert "stringData" not in updated


@pytest.mark.parametrize("obj", [config_map(data={"k": "1"}, immutable=True), secret(immutable=True)])
def test_what_was_declared_immutable_stays_so(obj):
    store = make_store()
    stored = verbs.create(store, obj)
    sealed = "Forbidden: field is immutable when `immutable` is set"
    assert f"data: {sealed}" in said(verbs.update, store, {**stored, "data": {"k": "Mg=="}})
    assert f"immutable: {sealed}" in said(verbs.update, store, {**stored, "immutable": False})
    labelled = verbs.update(store, with_value(stored, ("metadata", "labels"), {"a": "b"}))
    assert labelled["metadata"]["labels"] == {"a": "b"}


def test_a_secret_keeps_its_type():
    store = make_store()
    stored = verbs.create(store, secret())
    complaint = 'type: Invalid value: "example.com/own": field is immutable'
    assert complaint in said(verbs.update, store, {**stored, "type": "example.com/own"})


def test_a_pod_needs_its_account():
    store = make_store(make_namespace("other"))
    pod = simple_pod()
    pod["spec"]["serviceAccountName"] = "robot"
    assert said(verbs.create, store, pod) == (
        'pods "p" is forbidden: error looking up service account default/robot:'
        ' serviceaccount "robot" not found'
    )
    elsewhere = with_value(simple_pod(), ("metadata", "namespace"), "other")
    assert "service account other/default" in said(verbs.create, store, elsewhere)
    account = {
        "kind": "ServiceAccount",
        "apiVersion": "v1",
        "metadata": {"name": "robot", "namespace": "default"},
    }
    verbs.create(store, account)
    assert verbs.create(store, pod)["spec"]["serviceAccount"] == "robot"


def test_the_old_field_for_the_account_counts_too():
    store = make_store()
    pod = simple_pod()
    pod["spec"]["serviceAccount"] = "robot"
    assert "service account default/robot" in said(verbs.create, store, pod)


class TestBytesFromOutside:
    def test_are_stored_as_go_writes_them(self):
        decoded = decode_strictly(secret(data={"k": "YWJj\nZGVm\n", "empty": None}))
        assert decoded["data"] == {"k": "YWJjZGVm", "empty": ""}

    @pytest.mark.parametrize(
        ("obj", "why"),
        [
            (secret(data={"k": "hello"}), "illegal base64 data at input byte 4"),
            (config_map(binaryData={"k": "a"}), "illegal base64 data at input byte 0"),
            (
                secret(data={"k": 7}),
                "json: cannot unmarshal number into Go struct field Secret.data of type []uint8",
            ),
        ],
    )
    def test_have_to_be_base64(self, obj, why):
        kind = obj["kind"]
        assert said(decode, obj) == f'{kind} in version "v1" cannot be handled as a {kind}: {why}'
