"""An operator written with kopf: it watches, patches, and holds what it cares for by a finalizer."""

import subprocess
import sys
from pathlib import Path

import pytest

OPERATOR = Path(__file__).with_name("operator_of_pods.py")


@pytest.fixture
def operator(world):
    """The operator at work in the test's namespace; gives the lines that it has written at its end."""
    command = [sys.executable, "-m", "kopf", "run", "--standalone", "--namespace", world.namespace, OPERATOR]
    log = world.home / f"{world.namespace}.log"
    with log.open("w") as output:
        process = subprocess.Popen(command, env=world.environment(), stdout=output, stderr=subprocess.STDOUT)
        yield log
        process.terminate()
        assert process.wait(timeout=30) == 0


def test_an_operator_sees_pods_come_and_go(world, operator):
    world.kubectl("run", "friend", "--image=nginx", "--labels=greet=yes")
    world.kubectl("run", "stranger", "--image=nginx")
    annotation = r"{.metadata.annotations.example\.org/greeting}"
    read = ["get", "pod", "friend", "-o", f"jsonpath={annotation}"]
    world.eventually(lambda: world.kubectl(*read) == "hello friend", operator.read_text())
    finalizers = ["get", "pod", "friend", "-o", "jsonpath={.metadata.finalizers}"]
    assert "kopf" in world.kubectl(*finalizers)
    world.kubectl("delete", "pod", "friend", "stranger", "--wait=true", "--timeout=60s")
    assert "goodbye friend" in operator.read_text()
    assert "goodbye stranger" not in operator.read_text()
