"""What people made in a cluster, as manifests: applied to another cluster, they make the same again."""

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from clusters.engine import bootstrap
from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.manifests import parse_manifests
from clusters.engine.clock import Clock
from clusters.engine.controllers import serviceaccounts
from clusters.engine.exporting import manifests
from clusters.engine.objects import Key, labels_of, name_of, with_value
from clusters.engine.store import MemoryStore, Overlay
from clusters.web.yaml_text import yaml_text
from tests.engine.world import World

NOW = 1_800_000_000.0

MADE = """
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: a}}
---
apiVersion: v1
kind: ReplicationController
metadata: {name: kubia, namespace: default}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: kubia}}
    spec: {containers: [{name: kubia, image: luksa/kubia, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: kubia-http, namespace: default}
spec: {type: LoadBalancer, selector: {app: kubia}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: fixed, namespace: shop}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{name: a, port: 80, nodePort: 30123}, {name: b, port: 81}]
---
apiVersion: v1
kind: Service
metadata: {name: headless, namespace: shop}
spec: {clusterIP: None, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: outside, namespace: shop}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: outside, namespace: shop}
subsets: [{addresses: [{ip: 11.11.11.11}], ports: [{port: 80}]}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, annotations: {note: mine}}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 5
      containers:
      - name: web
        image: nginx
        env: [{name: V, valueFrom: {configMapKeyRef: {name: settings, key: v}}}]
        livenessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 3}
        resources: {limits: {cpu: 100m}}
      volumes: [{name: settings, configMap: {name: settings}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {v: "1", "no": "yes"}
---
apiVersion: v1
kind: Secret
metadata: {name: key, namespace: shop}
stringData: {password: a b}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: robot, namespace: shop}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: all, namespace: shop}
spec: {hard: {pods: "10"}}
---
apiVersion: v1
kind: Pod
metadata: {name: alone, namespace: default, labels: {app: alone}}
spec: {containers: [{name: main, image: "nginx:1.27"}], nodeSelector: {kubernetes.io/os: linux}}
"""


def new_world():
    store = Overlay(MemoryStore(), now=NOW, seed="seed")
    bootstrap.new_cluster(store, nodes=3, clock=Clock(NOW, NOW), delays="none")
    return World(store)


def applied(world, text):
    for manifest in parse_manifests(text):
        world.act(verbs.apply, manifest)
        if manifest["kind"] == "Namespace":
            world.act(serviceaccounts.ensure, manifest["metadata"]["name"])
    world.wait(60)
    return world


def text_of(found):
    return "---\n".join(map(yaml_text, found))


def named(found):
    return [(obj["kind"], obj["metadata"].get("namespace", ""), name_of(obj)) for obj in found]


def test_a_new_cluster_has_nothing_that_people_made():
    assert manifests(new_world().store) == []


def test_what_people_made_and_nothing_that_follows_from_it():
    found = manifests(applied(new_world(), MADE).store)
    assert sorted(named(found)) == sorted(
        (obj["kind"], obj["metadata"].get("namespace", ""), name_of(obj)) for obj in parse_manifests(MADE)
    )
    assert found[0]["kind"] == "Namespace"


def test_applied_elsewhere_it_makes_the_same():
    first = manifests(applied(new_world(), MADE).store)
    other = applied(new_world(), text_of(first))
    assert manifests(other.store) == first
    assert other.store.count("Pod") == 2 + 1 + 1
    again = [other.act(verbs.apply, manifest)[1] for manifest in parse_manifests(text_of(first))]
    assert set(again) == {"unchanged"}


def test_what_the_server_gave_is_left_out():
    for obj in manifests(applied(new_world(), MADE).store):
        assert not {"status", "simulation"} & obj.keys()
        assert obj["metadata"].keys() <= {"name", "namespace", "labels", "annotations"}
        assert not any("last-applied" in name for name in obj["metadata"].get("annotations", {}))
    found = {
        name_of(obj): obj for obj in manifests(applied(new_world(), MADE).store) if obj["kind"] == "Service"
    }
    assert found["kubia-http"]["spec"] == {
        "type": "LoadBalancer",
        "selector": {"app": "kubia"},
        "ports": [{"port": 80, "targetPort": 8080}],
    }


def test_a_node_port_stays_where_a_manifest_asked_for_it_and_no_cluster_ip_is_a_wish():
    found = {
        name_of(obj): obj for obj in manifests(applied(new_world(), MADE).store) if obj["kind"] == "Service"
    }
    assert [port.get("nodePort") for port in found["fixed"]["spec"]["ports"]] == [30123, None]
    assert found["headless"]["spec"]["clusterIP"] == "None"


def test_manifests_are_as_short_as_people_write_them():
    found = {(obj["kind"], name_of(obj)): obj for obj in manifests(applied(new_world(), MADE).store)}
    assert found["Pod", "alone"]["spec"] == {
        "containers": [{"name": "main", "image": "nginx:1.27"}],
        "nodeSelector": {"kubernetes.io/os": "linux"},
    }
    (container,) = found["Deployment", "web"]["spec"]["template"]["spec"]["containers"]
    assert container["livenessProbe"] == {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 3}
    assert found["Deployment", "web"]["metadata"]["annotations"] == {"note": "mine"}
    assert found["ReplicationController", "kubia"]["spec"]["selector"] == {"app": "kubia"}


def test_what_is_being_deleted_is_left_out():
    world = applied(new_world(), MADE)
    world.act(verbs.update, with_value(world.pod("alone"), ("metadata", "finalizers"), ["example.com/held"]))
    world.act(verbs.delete, "Pod", "default", "alone")
    world.wait(60)
    assert world.store.entry(Key("Pod", "default", "alone")) is not None
    assert ("Pod", "default", "alone") not in named(manifests(world.store))


def test_a_pod_that_was_taken_from_its_controller_is_somebodys_own():
    world = applied(new_world(), MADE)
    pod = next(pod for pod in world.store.list("Pod") if labels_of(pod).get("app") == "kubia")
    world.act(verbs.update, with_value(pod, ("metadata", "labels"), {"app": "looked-at"}))
    world.wait(5)
    assert ("Pod", "default", name_of(pod)) in named(manifests(world.store))


PORTS = st.lists(st.integers(1, 65535), unique=True, min_size=1, max_size=3)


@given(
    ports=PORTS,
    type_=st.sampled_from(["ClusterIP", "NodePort", "LoadBalancer"]),
    affinity=st.sampled_from(["None", "ClientIP"]),
    policy=st.sampled_from(["Always", "OnFailure", "Never"]),
    pull=st.sampled_from([None, "Always", "IfNotPresent", "Never"]),
    network=st.booleans(),
    grace=st.sampled_from([0, 1, 30, 31]),
)
def test_whatever_was_left_out_is_what_a_server_fills_in(
    ports, type_, affinity, policy, pull, network, grace
):
    store = Overlay(MemoryStore(), now=NOW, seed="seed")
    bootstrap.new_cluster(store, nodes=1, clock=Clock(NOW, NOW), delays="none")
    numbered = [{"name": f"p{n}", "port": port} for n, port in zip(count(), ports)]
    spec = {"type": type_, "sessionAffinity": affinity, "ports": numbered, "selector": {"app": "a"}}
    container = {"name": "c", "image": "nginx", "ports": [{"containerPort": port} for port in ports]}
    pod = {
        "restartPolicy": policy,
        "hostNetwork": network,
        "terminationGracePeriodSeconds": grace,
        "containers": [container | ({"imagePullPolicy": pull} if pull else {})],
    }
    for kind, wanted in (("Service", spec), ("Pod", pod)):
        metadata = {"name": "a", "namespace": "default"}
        verbs.apply(store, {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": wanted})
    other = Overlay(MemoryStore(), now=NOW, seed="seed")
    bootstrap.new_cluster(other, nodes=1, clock=Clock(NOW, NOW), delays="none")
    for manifest in parse_manifests(text_of(manifests(store))):
        verbs.apply(other, manifest)
    for kind in ("Service", "Pod"):
        first, second = store.get(kind, "default", "a"), other.get(kind, "default", "a")
        assert second["spec"].keys() == first["spec"].keys()
        given = {"clusterIP", "clusterIPs", "ports"}
        assert {k: v for k, v in first["spec"].items() if k not in given} == {
            k: v for k, v in second["spec"].items() if k not in given
        }
