"""YAML of an object reads as kubectl prints it, and reads back as the same object."""

import yaml
from hypothesis import given
from hypothesis import strategies as st

from clusters.web.yaml_text import yaml_text

POD = {
    "kind": "Pod",
    "apiVersion": "v1",
    "metadata": {
        "name": "kubia-x9c4t",
        "creationTimestamp": "2026-11-24T08:00:00Z",
        "resourceVersion": "912",
        "labels": {"app": "kubia", "canary": "true", "version": "1e3"},
        "ownerReferences": [{"apiVersion": "v1", "kind": "ReplicationController", "controller": True}],
    },
    "spec": {"containers": [{"image": "luksa/kubia", "args": [], "resources": {}}], "replicas": 3},
    "status": {"message": "containers with unready status: [c]", "startTime": None},
    "simulation": {"slot": 1},
}

TEXT = """\
apiVersion: v1
kind: Pod
metadata:
  creationTimestamp: "2026-11-24T08:00:00Z"
  labels:
    app: kubia
    canary: "true"
    version: "1e3"
  name: kubia-x9c4t
  ownerReferences:
  - apiVersion: v1
    controller: true
    kind: ReplicationController
  resourceVersion: "912"
spec:
  containers:
  - args: []
    image: luksa/kubia
    resources: {}
  replicas: 3
status:
  message: 'containers with unready status: [c]'
  startTime: null
"""


def test_as_kubectl_prints_it():
    assert yaml_text(POD) == TEXT


def test_what_the_simulator_knows_stays_inside():
    assert "simulation" not in yaml_text(POD)


def test_shared_branches_are_written_out():
    shared = {"app": "kubia"}
    text = yaml_text({"metadata": {"labels": shared}, "spec": {"selector": shared}})
    assert "&" not in text
    assert text.count("app: kubia") == 2


def test_several_lines_are_a_block():
    assert yaml_text({"data": {"a": "one\ntwo\n"}}) == "data:\n  a: |\n    one\n    two\n"


@given(st.text())
def test_every_text_reads_back_as_itself(text):
    assert yaml.safe_load(yaml_text({"text": text})) == {"text": text}
