"""The variables and files that containers are given."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.kubelet.environment import (
    environment_of,
    expand,
    field_value,
    mounted_files,
    refers,
    variables_of,
    volume_files,
)
from clusters.engine.kubelet.sources import ConfigError
from tests.engine.builders import NOW, make_node, make_pod, make_service, make_store, service_port


def config_map(name="settings", **data):
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default"},
        "data": data,
    }


def secret(name="password", **data):
    encoded = {key: base64.b64encode(text.encode()).decode() for key, text in data.items()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "default"},
        "type": "Opaque",
        "data": encoded,
    }


def pod_with(volumes=(), **container):
    pod = make_pod("web-1", ip="10.244.0.7", uid="1234", annotations={"note": "n"})
    pod["spec"]["containers"][0].update(container)
    pod["spec"]["volumes"] = list(volumes)
    return pod


def variables(*objects, **container):
    pod = pod_with(**container)
    store = make_store(make_node(), pod, *objects)
    return variables_of(store, store.get("Pod", "default", "web-1"), pod["spec"]["containers"][0])


def env(*entries):
    return [{"name": name, **value} for name, value in entries]


def test_a_container_has_a_path_and_its_pods_name():
    pod = pod_with()
    found = environment_of(make_store(pod), pod, pod["spec"]["containers"][0])
    assert found["HOSTNAME"] == "web-1"
    assert found["PATH"].startswith("/usr/local/sbin:")
    assert found["HOME"] == "/root"


def test_the_hostname_may_be_another_one():
    pod = pod_with()
    pod["spec"]["hostname"] = "db"
    assert environment_of(make_store(pod), pod, pod["spec"]["containers"][0])["HOSTNAME"] == "db"


def test_literals_refer_to_what_came_before_them():
    found = variables(
        env=env(
            ("GREETING", {"value": "hello"}),
            ("TEXT", {"value": "$(GREETING), $(LATER) $$(GREETING) 5$"}),
            ("LATER", {"value": "x"}),
            ("EMPTY", {}),
        )
    )
    assert found["TEXT"] == "hello, $(LATER) $(GREETING) 5$"
    assert found["EMPTY"] == ""


def test_variables_come_from_config_maps_and_secrets():
    found = variables(
        config_map(color="red", size="L"),
        secret(user="ada"),
        envFrom=[{"configMapRef": {"name": "settings"}}, {"prefix": "S_", "secretRef": {"name": "password"}}],
        env=env(
            ("size", {"value": "M"}),
            ("SHADE", {"valueFrom": {"configMapKeyRef": {"name": "settings", "key": "color"}}}),
            ("WHO", {"valueFrom": {"secretKeyRef": {"name": "password", "key": "user"}}}),
        ),
    )
    assert found == {"color": "red", "size": "M", "S_user": "ada", "SHADE": "red", "WHO": "ada"}


@pytest.mark.parametrize(
    ("container", "said"),
    [
        ({"envFrom": [{"configMapRef": {"name": "y"}}]}, 'configmap "y" not found'),
        ({"envFrom": [{"secretRef": {"name": "y"}}]}, 'secret "y" not found'),
        (
            {"env": env(("A", {"valueFrom": {"configMapKeyRef": {"name": "y", "key": "k"}}}))},
            'configmap "y" not found',
        ),
        (
            {"env": env(("A", {"valueFrom": {"configMapKeyRef": {"name": "settings", "key": "k"}}}))},
            "couldn't find key k in ConfigMap default/settings",
        ),
        (
            {"env": env(("A", {"valueFrom": {"secretKeyRef": {"name": "password", "key": "k"}}}))},
            "couldn't find key k in Secret default/password",
        ),
    ],
)
def test_what_is_missing_is_named(container, said):
    with pytest.raises(ConfigError) as caught:
        variables(config_map(), secret(), **container)
    assert str(caught.value) == said


def test_what_is_optional_may_be_missing():
    key = {"name": "y", "key": "k", "optional": True}
    found = variables(
        config_map(),
        envFrom=[{"configMapRef": {"name": "y", "optional": True}}],
        env=env(
            ("A", {"valueFrom": {"configMapKeyRef": key}}),
            ("B", {"valueFrom": {"secretKeyRef": key}}),
            ("C", {"valueFrom": {"configMapKeyRef": {**key, "name": "settings"}}}),
        ),
    )
    assert found == {}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.name", "web-1"),
        ("metadata.namespace", "default"),
        ("metadata.uid", "1234"),
        ("metadata.labels['app']", "kubia"),
        ("metadata.labels['absent']", ""),
        ("metadata.annotations['note']", "n"),
        ("metadata.labels", 'app="kubia"'),
        ("spec.nodeName", "node-1"),
        ("spec.serviceAccountName", "default"),
        ("status.podIP", "10.244.0.7"),
        ("status.podIPs", "10.244.0.7"),
    ],
)
def test_a_pod_knows_about_itself(path, value):
    pod = pod_with()
    assert field_value(pod, path) == value
    found = variables(env=env(("ME", {"valueFrom": {"fieldRef": {"fieldPath": path}}})))
    assert "uid" in path or found["ME"] == value


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        ({"resource": "requests.cpu"}, "1"),
        ({"resource": "requests.cpu", "divisor": "1m"}, "250"),
        ({"resource": "limits.memory"}, "67108864"),
        ({"resource": "limits.memory", "divisor": "1Mi"}, "64"),
        ({"resource": "limits.cpu", "divisor": "0"}, "4"),
        ({"resource": "requests.memory", "containerName": "main"}, "0"),
    ],
)
def test_a_container_knows_its_resources(reference, value):
    found = variables(
        resources={"requests": {"cpu": "250m"}, "limits": {"memory": "64Mi"}},
        env=env(("R", {"valueFrom": {"resourceFieldRef": reference}})),
    )
    assert found["R"] == value


def test_services_are_told_as_docker_links():
    service = make_service("my-db", ports=[service_port(80, name="web-ui"), service_port(53, protocol="UDP")])
    found = variables(service)
    assert found == {
        "MY_DB_SERVICE_HOST": "10.96.0.10",
        "MY_DB_SERVICE_PORT": "80",
        "MY_DB_SERVICE_PORT_WEB_UI": "80",
        "MY_DB_PORT": "tcp://10.96.0.10:80",
        "MY_DB_PORT_80_TCP": "tcp://10.96.0.10:80",
        "MY_DB_PORT_80_TCP_PROTO": "tcp",
        "MY_DB_PORT_80_TCP_PORT": "80",
        "MY_DB_PORT_80_TCP_ADDR": "10.96.0.10",
        "MY_DB_PORT_53_UDP": "udp://10.96.0.10:53",
        "MY_DB_PORT_53_UDP_PROTO": "udp",
        "MY_DB_PORT_53_UDP_PORT": "53",
        "MY_DB_PORT_53_UDP_ADDR": "10.96.0.10",
    }


def test_the_api_server_is_always_told_and_other_services_on_request():
    pod = pod_with()
    pod["spec"]["enableServiceLinks"] = False
    master = make_service("kubernetes", cluster_ip="10.96.0.1", selector={}, ports=[service_port(443)])
    store = make_store(pod, make_service(), master)
    found = variables_of(store, pod, pod["spec"]["containers"][0])
    assert found["KUBERNETES_SERVICE_HOST"] == "10.96.0.1"
    assert "KUBIA_SERVICE_HOST" not in found


def test_a_headless_service_has_no_variables():
    assert variables(make_service(cluster_ip="None")) == {}


def test_services_that_came_after_the_container_are_unknown_to_it():
    pod = pod_with()
    store = make_store(pod, make_service())
    (container,) = pod["spec"]["containers"]
    assert variables_of(store, pod, container, NOW - 1) == {}
    assert "KUBIA_SERVICE_HOST" in variables_of(store, pod, container, NOW)


def test_a_containers_own_variable_beats_that_of_a_service():
    found = variables(make_service(), env=env(("KUBIA_SERVICE_HOST", {"value": "mine"})))
    assert found["KUBIA_SERVICE_HOST"] == "mine"
    assert found["KUBIA_SERVICE_PORT"] == "80"


def test_a_started_container_keeps_what_it_got():
    pod = pod_with(envFrom=[{"configMapRef": {"name": "gone"}}])
    pod["simulation"] = {"containers": {"main": {"phase": "running", "since": NOW, "env": {"color": "red"}}}}
    assert environment_of(make_store(pod), pod, pod["spec"]["containers"][0])["color"] == "red"


@pytest.mark.parametrize(
    ("container", "depends"),
    [
        ({}, False),
        ({"env": env(("A", {"value": "x"}), ("B", {"valueFrom": {"fieldRef": {}}}))}, False),
        ({"env": env(("B", {"valueFrom": {"secretKeyRef": {}}}))}, True),
        ({"envFrom": [{"configMapRef": {"name": "y"}}]}, True),
    ],
)
def test_which_containers_depend_on_other_objects(container, depends):
    assert refers(container) is depends


def files(*objects, mounts, volumes):
    pod = pod_with(volumes, volumeMounts=mounts)
    store = make_store(make_node(), pod, *objects)
    return mounted_files(store, pod, pod["spec"]["containers"][0])


def test_config_maps_and_secrets_are_directories_of_files():
    binary = {**config_map("logo", text="t"), "binaryData": {"png": base64.b64encode(b"\x89PNG").decode()}}
    found = files(
        binary,
        secret(user="ada"),
        volumes=[
            {"name": "a", "configMap": {"name": "logo"}},
            {"name": "b", "secret": {"secretName": "password", "items": [{"key": "user", "path": "x/who"}]}},
            {"name": "scratch", "emptyDir": {}},
        ],
        mounts=[
            {"name": "a", "mountPath": "/etc/logo/"},
            {"name": "b", "mountPath": "/secrets"},
            {"name": "scratch", "mountPath": "/tmp"},
            {"name": "a", "mountPath": "/one.txt", "subPath": "text"},
            {"name": "b", "mountPath": "/deep", "subPath": "x"},
        ],
    )
    assert found == {
        "/etc/logo/text": "t",
        "/etc/logo/png": "\ufffdPNG",
        "/secrets/x/who": "ada",
        "/one.txt": "t",
        "/deep/who": "ada",
    }


def test_a_projected_volume_holds_several_sources():
    sources = [
        {"configMap": {"name": "settings"}},
        {"secret": {"name": "password", "items": [{"key": "user", "path": "u"}]}},
        {
            "downwardAPI": {
                "items": [
                    {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}},
                    {"path": "cpu", "resourceFieldRef": {"containerName": "main", "resource": "limits.cpu"}},
                ]
            }
        },
    ]
    found = files(
        config_map(color="red"),
        secret(user="ada"),
        volumes=[{"name": "all", "projected": {"sources": sources}}],
        mounts=[{"name": "all", "mountPath": "/p"}],
    )
    assert found == {"/p/color": "red", "/p/u": "ada", "/p/labels": 'app="kubia"', "/p/cpu": "4"}


@pytest.mark.parametrize(
    ("volume", "said"),
    [
        ({"configMap": {"name": "y"}}, 'configmap "y" not found'),
        ({"secret": {"secretName": "y"}}, 'secret "y" not found'),
        (
            {"configMap": {"name": "settings", "items": [{"key": "k", "path": "k"}]}},
            "references non-existent config key: k",
        ),
        (
            {"secret": {"secretName": "password", "items": [{"key": "k", "path": "k"}]}},
            "references non-existent secret key: k",
        ),
        ({"projected": {"sources": [{"secret": {"name": "y"}}]}}, 'secret "y" not found'),
    ],
)
def test_a_volume_says_what_it_lacks(volume, said):
    pod = pod_with()
    with pytest.raises(ConfigError) as caught:
        volume_files(make_store(config_map(), secret()), pod, {"name": "v", **volume})
    assert str(caught.value) == said
    assert files(volumes=[{"name": "v", **volume}], mounts=[{"name": "v", "mountPath": "/v"}]) == {}


def test_an_optional_volume_may_lack_everything():
    items = [{"key": "k", "path": "k"}]
    store, pod = make_store(config_map()), pod_with()
    for name in ("settings", "y"):
        volume = {"name": "v", "configMap": {"name": name, "items": items, "optional": True}}
        assert volume_files(store, pod, volume) == {}


@given(st.text(alphabet="$()AB x"), st.dictionaries(st.sampled_from("AB"), st.text(alphabet="xyz")))
def test_a_text_without_dollars_is_only_ever_put_in(text, known):
    expanded = expand(text, known)
    if "$" not in text:
        assert expanded == text
    assert expand(text.replace("$", "$$"), known) == text


def test_variables_that_hold_each_other_twice_are_too_long():
    doubling = [{"name": f"E{i}", "value": f"$(E{i - 1})" * 2} for i in range(1, 60)]
    with pytest.raises(ConfigError, match="argument list too long"):
        variables(env=[{"name": "E0", "value": "x"}, *doubling])


def test_a_text_into_which_too_much_is_put_is_too_long():
    with pytest.raises(ConfigError, match="argument list too long"):
        expand("$(A)" * 1000, {"A": "x" * 1000})


def test_many_variables_are_found_one_after_the_other():
    found = variables(env=[{"name": f"E{i}", "value": f"$(E{i - 1})"} for i in range(5000)])
    assert found["E4999"] == "$(E-1)"


@given(st.text("$()A", max_size=20))
def test_references_are_what_stands_between_a_dollar_and_the_next_parenthesis(text):
    expected, at = "", 0
    while at < len(text):
        end = text.find(")", at)
        if text.startswith("$$", at):
            expected, at = expected + "$", at + 2
        elif text.startswith("$(", at) and end >= 0:
            expected, at = expected + {"A": "x"}.get(text[at + 2 : end], text[at : end + 1]), end + 1
        else:
            expected, at = expected + text[at], at + 1
    assert expand(text, {"A": "x"}) == expected


def test_a_text_of_references_without_end_is_read_in_one_go():
    assert expand("$(" * 200_000, {}) == "$(" * 200_000
