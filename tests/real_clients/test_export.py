"""A cluster of one server on its way to another: what the real kubectl makes of it."""

import http.cookiejar
import secrets
import urllib.request

import pytest
import yaml

from tests.engine.test_exporting import MADE
from tests.real_clients.world import World

KINDS = "deployments,replicationcontrollers,services,configmaps,secrets,serviceaccounts,pdb,quota,pods"


class Cluster(World):
    """A whole cluster: whoever names no namespace means the one in the file."""

    def command(self, *words):
        return [self.program, *(str(word) for word in words)]


class Visitor:
    """Somebody who opens a cluster's page."""

    def __init__(self, link):
        self.open = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        ).open
        self.page = self.open(link).url

    def get(self, path):
        return self.open(self.page + path).read().decode()


@pytest.fixture
def new_cluster(api_server, program, home, tmp_path):
    """new_cluster() makes a cluster, reached by kubectl and by a visitor of its page."""

    def make():
        name = f"c{secrets.token_hex(4)}"
        link = api_server.manage("createcluster", name, "--delays", "none").strip()
        path = tmp_path / name
        path.write_text(api_server.manage("kubeconfig", name, "--host", api_server.url))
        link = api_server.url + "/c/" + link.partition("/c/")[2]
        return Cluster(path, "default", program, home, simulated=True), Visitor(link)

    return make


def made_in(world):
    """What there is in both namespaces, as far as it does not differ by its nature."""
    found = {}
    for namespace in ("default", "shop"):
        for obj in world.get(KINDS, "--namespace", namespace)["items"]:
            owner = (obj["metadata"].get("ownerReferences") or [{}])[0].get("kind")
            name = owner or obj["metadata"]["name"]
            spec = {
                field: value
                for field, value in (obj.get("spec") or {}).items()
                if field not in ("clusterIP", "clusterIPs", "nodeName", "ports", "healthCheckNodePort")
            }
            found.setdefault((namespace, obj["kind"], name), []).append((spec, obj.get("data")))
    return found


def test_the_real_kubectl_takes_what_people_made_to_another_cluster(new_cluster):
    first, visitor = new_cluster()
    first.kubectl("apply", "-f", "-", stdin=MADE)
    first.kubectl("wait", "pods", "--all", "--for=condition=Ready", "--timeout=60s")
    exported = visitor.get("export/manifests.yaml")
    other, _ = new_cluster()
    checked = other.kubectl("apply", "--dry-run=client", "--validate=strict", "-f", "-", stdin=exported)
    assert checked.count("created (dry run)") == len([obj for obj in yaml.safe_load_all(exported) if obj])
    other.kubectl("apply", "-f", "-", stdin=exported)
    for world in (first, other):
        world.kubectl("wait", "deployment/web", "-n", "shop", "--for=condition=Available", "--timeout=60s")
        world.kubectl("wait", "pods", "--all", "--for=condition=Ready", "--timeout=60s")
    assert made_in(other) == made_in(first)


def test_a_history_is_taken_along_and_goes_on(new_cluster, api_server, tmp_path, program, home):
    first, visitor = new_cluster()
    first.kubectl("create", "deployment", "web", "--image=nginx", "--replicas=2")
    first.kubectl("wait", "deployment/web", "--for=condition=Available", "--timeout=60s")
    file, name = tmp_path / "history.json", f"c{secrets.token_hex(4)}"
    file.write_text(visitor.get("export/history.json"))
    api_server.manage("importcluster", str(file), "--name", name)
    path = tmp_path / "opened"
    path.write_text(api_server.manage("kubeconfig", name, "--host", api_server.url))
    opened = Cluster(path, "default", program, home, simulated=True)
    assert opened.kubectl("get", "pods", "-o", "name") == first.kubectl("get", "pods", "-o", "name")
