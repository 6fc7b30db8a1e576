"""A kubectl of 2021 in the same cluster: it knows JSON only, and no aggregated discovery."""

import re


def test_it_makes_shows_and_removes(old_world):
    old = old_world
    assert re.search("Server Version: .*v1", old.kubectl("version"))
    assert old.kubectl("run", "web", "--image=nginx", "--port=80") == "pod/web created\n"
    old.kubectl("wait", "pod/web", "--for=condition=Ready", "--timeout=60s")
    assert re.search(
        r"web +1/1 +Running +0 +\d+s +\d+\.\d+\.\d+\.\d+", old.kubectl("get", "pods", "-o", "wide")
    )
    assert "Successfully assigned" in old.kubectl("describe", "pod", "web")
    assert old.kubectl("expose", "pod", "web", "--type=NodePort") == "service/web exposed\n"
    assert old.kubectl("create", "deployment", "shop", "--image=nginx") == "deployment.apps/shop created\n"
    assert old.kubectl("scale", "deployment", "shop", "--replicas=2") == "deployment.apps/shop scaled\n"
    old.kubectl("rollout", "status", "deployment/shop", "--timeout=60s")
    assert "deleted" in old.kubectl("delete", "pod", "web", "--now")


def test_it_applies(old_world):
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}\n"
    assert old_world.kubectl("apply", "-f", "-", stdin=manifest) == "configmap/c created\n"
    assert old_world.kubectl("apply", "-f", "-", stdin=manifest) == "configmap/c unchanged\n"
    changed = manifest.replace("a: b", "a: c")
    assert old_world.kubectl("apply", "-f", "-", stdin=changed) == "configmap/c configured\n"
