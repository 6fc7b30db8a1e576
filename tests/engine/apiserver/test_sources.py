"""References of pods to ConfigMaps, Secrets and their own fields."""

import pytest

from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.errors import StatusError
from tests.engine.builders import make_store
from tests.engine.world import simple_pod


def with_variable(**source):
    return simple_pod(env=[{"name": "A", "valueFrom": source}])


def with_volume(**source):
    pod = simple_pod()
    return {**pod, "spec": {**pod["spec"], "volumes": [{"name": "v", **source}]}}


def downward(**item):
    return with_volume(downwardAPI={"items": [{"path": "p", **item}]})


def projected(*sources):
    return with_volume(projected={"sources": list(sources)})


ENV = "spec.containers[0].env[0].valueFrom"
ENV_FROM = "spec.containers[0].envFrom[0]"
VOLUME = "spec.volumes[0]"
ONE_OF = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
MORE = "may not have more than one field specified at a time"
KEY = {"name": "c", "key": "k"}


@pytest.mark.parametrize(
    ("pod", "complaint"),
    [
        (with_variable(), f'{ENV}: Invalid value: "": {ONE_OF}'),
        (with_variable(configMapKeyRef=KEY, secretKeyRef=KEY), f'{ENV}: Invalid value: "": {MORE}'),
        (with_variable(configMapKeyRef={"name": "c"}), f"{ENV}.configMapKeyRef.key: Required value"),
        (with_variable(secretKeyRef={"key": "k"}), f"{ENV}.secretKeyRef.name: Required value"),
        (
            with_variable(secretKeyRef={"name": "c", "key": "a b"}),
            f'{ENV}.secretKeyRef.key: Invalid value: "a b": a valid config key must',
        ),
        (with_variable(fieldRef={}), f"{ENV}.fieldRef.fieldPath: Required value"),
        (
            with_variable(fieldRef={"fieldPath": "spec.x"}),
            f'{ENV}.fieldRef.fieldPath: Invalid value: "spec.x":'
            " error converting fieldPath: field label not supported: spec.x",
        ),
        (
            with_variable(fieldRef={"fieldPath": "metadata.labels"}),
            f'{ENV}.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata',
        ),
        (
            with_variable(fieldRef={"fieldPath": "metadata.labels['a b']"}),
            f'{ENV}.fieldRef: Invalid value: "a b": name part must consist of',
        ),
        (with_variable(resourceFieldRef={}), f"{ENV}.resourceFieldRef.resource: Required value"),
        (
            with_variable(resourceFieldRef={"resource": "limits.apples"}),
            f'{ENV}.resourceFieldRef.resource: Unsupported value: "limits.apples": supported values: "l',
        ),
        (
            with_variable(resourceFieldRef={"resource": "limits.cpu", "divisor": "3"}),
            f'{ENV}.resourceFieldRef.divisor: Invalid value: "3":'
            " only divisor's values 1m and 1 are supported with the cpu resource",
        ),
        (
            with_variable(resourceFieldRef={"resource": "limits.memory", "divisor": "1m"}),
            f'{ENV}.resourceFieldRef.divisor: Invalid value: "1m": only divisor\'s values 1, 1k, 1M',
        ),
        (
            simple_pod(envFrom=[{}]),
            f'{ENV_FROM}: Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
        ),
        (
            simple_pod(envFrom=[{"configMapRef": {"name": "c"}, "secretRef": {"name": "s"}}]),
            f'{ENV_FROM}: Invalid value: "": {MORE}',
        ),
        (simple_pod(envFrom=[{"configMapRef": {}}]), f"{ENV_FROM}.configMapRef.name: Required value"),
        (
            simple_pod(envFrom=[{"prefix": "=", "secretRef": {"name": "s"}}]),
            f'{ENV_FROM}.prefix: Invalid value: "="',
        ),
        (with_volume(configMap={}), f"{VOLUME}.configMap.name: Required value"),
        (with_volume(secret={}), f"{VOLUME}.secret.secretName: Required value"),
        (
            with_volume(configMap={"name": "c"}, secret={"secretName": "s"}),
            f"{VOLUME}.secret: Forbidden: may not specify more than 1 volume type",
        ),
        (
            with_volume(configMap={"name": "c", "items": [{}]}),
            f"[{VOLUME}.configMap.items[0].key: Required value, {VOLUME}.configMap.items[0].path: Required",
        ),
        (
            with_volume(configMap={"name": "c", "items": [{"key": "k", "path": "/a"}]}),
            f'{VOLUME}.configMap.items[0].path: Invalid value: "/a": must be a relative path',
        ),
        (
            with_volume(configMap={"name": "c", "items": [{"key": "k", "path": "a/../b"}]}),
            "Invalid value: \"a/../b\": must not contain '..'",
        ),
        (
            with_volume(configMap={"name": "c", "items": [{"key": "k", "path": "..b"}]}),
            "Invalid value: \"..b\": must not start with '..'",
        ),
        (
            downward(),
            f"{VOLUME}.downwardAPI.items[0]: Required value: one of fieldRef and resourceFieldRef is",
        ),
        (
            downward(fieldRef={"fieldPath": "spec.nodeName"}),
            f'{VOLUME}.downwardAPI.items[0].fieldRef.fieldPath: Unsupported value: "spec.nodeName"',
        ),
        (
            downward(resourceFieldRef={"resource": "limits.cpu"}),
            f"{VOLUME}.downwardAPI.items[0].resourceFieldRef.containerName: Required value",
        ),
        (
            downward(fieldRef={"fieldPath": "metadata.name"}, resourceFieldRef={}),
            "fieldRef and resourceFieldRef can not be specified simultaneously",
        ),
        (projected({"secret": {}}), f"{VOLUME}.projected.sources[0].secret.name: Required value"),
        (
            projected({"configMap": {"name": "c"}, "secret": {"name": "s"}}),
            f"{VOLUME}.projected.sources[0].secret: Forbidden: {MORE}",
        ),
        (
            projected({"downwardAPI": {"items": [{"fieldRef": {"fieldPath": "metadata.uid"}}]}}),
            f"{VOLUME}.projected.sources[0].downwardAPI.items[0].path: Required value",
        ),
    ],
)
def test_what_is_wrong_is_told(pod, complaint):
    with pytest.raises(StatusError) as caught:
        verbs.create(make_store(), pod)
    assert caught.value.code == 422
    assert complaint in caught.value.message


@pytest.mark.parametrize(
    "pod",
    [
        with_variable(fieldRef={"fieldPath": "status.podIP"}),
        with_variable(fieldRef={"fieldPath": "metadata.annotations['example.com/a']"}),
        with_variable(resourceFieldRef={"resource": "requests.memory", "divisor": "1Mi"}),
        simple_pod(envFrom=[{"prefix": "A_", "configMapRef": {"name": "c"}}]),
        downward(fieldRef={"fieldPath": "metadata.labels"}),
        projected(
            {"secret": {"name": "s", "items": [{"key": "k", "path": "a/b"}]}}, {"configMap": {"name": "c"}}
        ),
    ],
)
def test_what_is_right_is_stored(pod):
    assert verbs.create(make_store(), pod)


def test_sources_get_their_defaults():
    pod = with_volume()
    pod["spec"]["volumes"] += [
        {"name": "c", "configMap": {"name": "c"}},
        {"name": "s", "secret": {"secretName": "s", "defaultMode": 256}},
    ]
    pod["spec"]["containers"][0]["env"] = [
        {"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "B", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
        {"name": "C", "value": "x"},
    ]
    spec = verbs.create(make_store(), pod)["spec"]
    assert spec["volumes"] == [
        {"name": "v", "emptyDir": {}},
        {"name": "c", "configMap": {"name": "c", "defaultMode": 420}},
        {"name": "s", "secret": {"secretName": "s", "defaultMode": 256}},
    ]
    first, second, third = spec["containers"][0]["env"]
    assert first["valueFrom"]["fieldRef"] == {"apiVersion": "v1", "fieldPath": "metadata.name"}
    assert second["valueFrom"]["resourceFieldRef"] == {"divisor": "0", "resource": "limits.cpu"}
    assert third == {"name": "C", "value": "x"}


@pytest.mark.parametrize(
    ("part", "source", "default", "other"),
    [
        ("hostPath", {"path": "/data"}, {"type": ""}, {"type": "Directory"}),
        (
            "azureDisk",
            {"diskName": "d", "diskURI": "https://d"},
            {"kind": "Shared", "cachingMode": "ReadWrite", "fsType": "ext4", "readOnly": False},
            {"kind": "Managed", "cachingMode": "None", "fsType": "xfs", "readOnly": True},
        ),
        (
            "iscsi",
            {"targetPortal": "10.0.0.1", "iqn": "iqn.2001-04.com.example:a", "lun": 0},
            {"iscsiInterface": "default"},
            {"iscsiInterface": "other"},
        ),
        (
            "rbd",
            {"monitors": ["10.0.0.1"], "image": "i"},
            {"pool": "rbd", "user": "admin", "keyring": "/etc/ceph/keyring"},
            {"pool": "p", "user": "u", "keyring": "/k"},
        ),
        (
            "scaleIO",
            {"gateway": "https://g", "system": "s", "secretRef": {"name": "s"}},
            {"storageMode": "ThinProvisioned", "fsType": "xfs"},
            {"storageMode": "ThickProvisioned", "fsType": "ext4"},
        ),
    ],
)
def test_a_volume_gets_what_its_source_does_not_say(part, source, default, other):
    def stored(source):
        return verbs.create(make_store(), with_volume(**{part: source}))["spec"]["volumes"][0][part]

    assert stored(source) == {**source, **default}
    assert stored({**source, **other}) == {**source, **other}


def test_a_token_in_a_volume_lasts_an_hour():
    pod = projected(
        {"serviceAccountToken": {"path": "token"}},
        {"serviceAccountToken": {"path": "vault", "expirationSeconds": 7200}},
    )
    first, second = verbs.create(make_store(), pod)["spec"]["volumes"][0]["projected"]["sources"]
    assert first == {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}}
    assert second == {"serviceAccountToken": {"path": "vault", "expirationSeconds": 7200}}


def test_a_probe_by_grpc_asks_for_the_whole_server():
    pod = simple_pod(livenessProbe={"grpc": {"port": 9000}})
    assert verbs.create(make_store(), pod)["spec"]["containers"][0]["livenessProbe"]["grpc"] == {
        "port": 9000,
        "service": "",
    }
