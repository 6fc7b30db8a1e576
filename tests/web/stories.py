"""Journals to draw: a small cluster told change by change, the way the engine writes it.

`sample()` is the story of the design: kubia-4jfyf is killed at 2:00, kubia-q7xzk at 5:34, node-3 has no
power; now is 6:00.
"""

from contextlib import contextmanager

from clusters.engine.clock import Clock, rfc3339
from clusters.engine.cluster import cluster_object
from clusters.engine.objects import Key, controller_reference, with_simulation, with_status, with_value
from clusters.engine.store import MemoryStore, Overlay

START = 1_795_000_000.0
PERSON = "person:1"
SCALER = "replication-controller"


def condition(type_, status, reason=""):
    return {"type": type_, "status": status, "reason": reason, "lastTransitionTime": rfc3339(START)}


class Story:
    """Writes objects and remembers every change; times are seconds since the cluster's start."""

    def __init__(self):
        self.overlay = Overlay(MemoryStore(), now=START, seed="story")
        self.overlay.actor = "system"
        self.overlay.create(cluster_object(delays="real", clock=Clock(START, START)))

    @property
    def changes(self):
        return self.overlay.changes

    @property
    def image(self):
        return self.overlay.publish()

    @contextmanager
    def at(self, seconds, actor=PERSON, cause=0):
        self.overlay.now = START + seconds
        with self.overlay.acting(actor, cause):
            yield self.overlay

    @property
    def revision(self):
        return self.overlay.revision

    def pod(self, name):
        return self.overlay.get("Pod", "default", name)

    def node(self, name, seconds=0):
        number = name.rsplit("-", 1)[-1]
        with self.at(seconds, "kubelet/" + name) as store:
            store.create(
                {
                    "apiVersion": "v1",
                    "kind": "Node",
                    "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
                    "spec": {"podCIDR": f"10.244.{number}.0/24"},
                    "status": {
                        "conditions": [condition("Ready", "True", "KubeletReady")],
                        "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"},
                        "addresses": [{"type": "InternalIP", "address": f"172.18.0.{number}"}],
                        "nodeInfo": {"kubeletVersion": "v1.37.1"},
                    },
                    "simulation": {"powered": True, "kubelet": "running", "images": {}},
                }
            )

    def controller(self, name, replicas, seconds=0, actor=PERSON):
        with self.at(seconds, actor) as store:
            return store.create(
                {
                    "apiVersion": "v1",
                    "kind": "ReplicationController",
                    "metadata": {"name": name, "namespace": "default"},
                    "spec": {
                        "replicas": replicas,
                        "selector": {"app": name},
                        "template": {
                            "metadata": {"labels": {"app": name}},
                            "spec": {"containers": [{"name": name, "image": f"luksa/{name}"}]},
                        },
                    },
                    "status": {"replicas": 0},
                }
            )

    def scale(self, name, replicas, seconds):
        with self.at(seconds) as store:
            obj = store.get("ReplicationController", "default", name)
            store.update(with_value(obj, ("spec", "replicas"), replicas))

    def counted(self, name, replicas, seconds, cause):
        with self.at(seconds, SCALER, cause) as store:
            store.update(with_status(store.get("ReplicationController", "default", name), replicas=replicas))

    def service(self, name, ip, seconds, **spec):
        with self.at(seconds) as store:
            return store.create(
                {
                    "apiVersion": "v1",
                    "kind": "Service",
                    "metadata": {"name": name, "namespace": "default"},
                    "spec": {
                        "type": "ClusterIP",
                        "clusterIP": ip,
                        "selector": {"app": name},
                        "ports": [{"port": 80, "targetPort": 8080, "protocol": "TCP"}],
                        **spec,
                    },
                    "status": {"loadBalancer": {}},
                }
            )

    def create(self, name, seconds, cause=0, owner="kubia", actor=SCALER):
        """A pod that nobody has scheduled; `owner` "" makes it one without a controller."""
        metadata = {"name": name, "namespace": "default", "labels": {"app": owner or name}}
        if owner:
            controller = self.overlay.get("ReplicationController", "default", owner)
            metadata["ownerReferences"] = [controller_reference(controller)]
        with self.at(seconds, actor, cause) as store:
            return store.create(
                {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "metadata": metadata,
                    "spec": {"containers": [{"name": "main", "image": f"luksa/{owner or name}"}]},
                    "status": {"phase": "Pending"},
                }
            )

    def bind(self, name, node, seconds):
        pod = self.pod(name)
        with self.at(seconds, "default-scheduler", int(pod["metadata"]["resourceVersion"])) as store:
            store.update(with_value(pod, ("spec", "nodeName"), node))

    def kubelet(self, name, seconds, pulling=(), **status):
        """What the pod's kubelet reports; `pulling` is (from, until) of the image."""
        pod = self.pod(name)
        cause = int(pod["metadata"]["resourceVersion"])
        with self.at(seconds, f"kubelet/{pod['spec']['nodeName']}", cause) as store:
            changed = with_status(pod, **status)
            if pulling:
                begin, end = (START + t for t in pulling)
                main = {"phase": "pulling", "from": begin, "until": end}
                changed = with_simulation(changed, containers={"main": main})
            store.update(changed)

    def pull(self, name, seconds, until):
        self.kubelet(
            name,
            seconds,
            pulling=(seconds, until),
            containerStatuses=[
                {
                    "name": "main",
                    "ready": False,
                    "restartCount": 0,
                    "state": {"waiting": {"reason": "ContainerCreating"}},
                }
            ],
        )

    def ready(self, name, ip, seconds):
        self.kubelet(
            name,
            seconds,
            phase="Running",
            podIP=ip,
            conditions=[condition("Ready", "True")],
            containerStatuses=[
                {
                    "name": "main",
                    "ready": True,
                    "restartCount": 0,
                    "state": {"running": {"startedAt": rfc3339(START + seconds)}},
                }
            ],
        )

    def crash(self, name, seconds, restarts):
        self.kubelet(
            name,
            seconds,
            phase="Running",
            conditions=[condition("Ready", "False", "ContainersNotReady")],
            containerStatuses=[
                {
                    "name": "main",
                    "ready": False,
                    "restartCount": restarts,
                    "state": {"terminated": {"exitCode": 1, "reason": "Error"}},
                }
            ],
        )

    def restart(self, name, seconds, restarts):
        self.kubelet(
            name,
            seconds,
            phase="Running",
            conditions=[condition("Ready", "True")],
            containerStatuses=[
                {"name": "main", "ready": True, "restartCount": restarts, "state": {"running": {}}}
            ],
        )

    def live(self, name, ip, node, seconds, cause=0, owner="kubia", **kwargs):
        """A pod from its creation until it is ready, 12 s later."""
        self.create(name, seconds, cause, owner, **kwargs)
        self.bind(name, node, seconds + 0.4)
        self.pull(name, seconds + 0.6, seconds + 11)
        self.ready(name, ip, seconds + 12)

    def kill(self, name, seconds, actor=PERSON, cause=0, grace=30):
        """Ask for its deletion. Returns the revision."""
        pod = self.pod(name)
        metadata = {
            **pod["metadata"],
            "deletionTimestamp": rfc3339(START + seconds + grace),
            "deletionGracePeriodSeconds": grace,
        }
        with self.at(seconds, actor, cause) as store:
            store.update({**pod, "metadata": metadata})
        return self.revision

    def gone(self, name, seconds):
        pod = self.pod(name)
        cause = int(pod["metadata"]["resourceVersion"])
        with self.at(seconds, f"kubelet/{pod['spec'].get('nodeName')}", cause) as store:
            store.delete(Key("Pod", "default", name))

    def power(self, node, seconds, on):
        with self.at(seconds) as store:
            store.update(with_simulation(store.get("Node", "", node), powered=on))
        return self.revision

    def node_ready(self, node, seconds, status, cause=0):
        reason = "KubeletReady" if status == "True" else "NodeStatusUnknown"
        with self.at(seconds, "node-controller", cause) as store:
            obj = store.get("Node", "", node)
            store.update(with_status(obj, conditions=[condition("Ready", status, reason)]))
        return self.revision


def sample():
    story = Story()
    for number in range(1, 5):
        story.node(f"node-{number}")
    rc = story.controller("kubia", 3, 9.5)
    cause = int(rc["metadata"]["resourceVersion"])
    for name, ip, node in (
        ("kubia-4jfyf", "10.244.1.5", "node-1"),
        ("kubia-q7xzk", "10.244.2.3", "node-2"),
        ("kubia-x9c4t", "10.244.1.6", "node-1"),
    ):
        story.create(name, 10, cause)
        story.bind(name, node, 10.2)
        story.pull(name, 10.4, 20)
        story.ready(name, ip, 22)
    story.counted("kubia", 3, 23, story.revision)
    story.service("kubia", "10.96.118.42", 40)
    killed = story.kill("kubia-4jfyf", 120)
    story.create("kubia-m2vxr", 120.2, killed)
    story.counted("kubia", 2, 120.2, killed)
    story.counted("kubia", 3, 120.3, story.revision)
    story.bind("kubia-m2vxr", "node-2", 120.4)
    story.ready("kubia-m2vxr", "10.244.2.4", 126)
    story.gone("kubia-4jfyf", 150)
    killed = story.kill("kubia-q7xzk", 334)
    story.create("kubia-7h2pd", 334.2, killed)
    story.counted("kubia", 2, 334.2, killed)
    story.bind("kubia-7h2pd", "node-4", 334.4)
    story.pull("kubia-7h2pd", 334.6, 365)
    return story
