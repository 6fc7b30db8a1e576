"""A LoadBalancer Service of a real server, asked with a real client."""

import json
import threading
import time
import urllib.error
import urllib.request

import pytest
import yaml

from tests.server import Server

pytestmark = pytest.mark.slow

LABELS = {"app": "kubia"}
CONTROLLER = {
    "apiVersion": "v1",
    "kind": "ReplicationController",
    "metadata": {"name": "kubia"},
    "spec": {
        "replicas": 3,
        "selector": LABELS,
        "template": {
            "metadata": {"labels": LABELS},
            "spec": {"containers": [{"name": "kubia", "image": "luksa/kubia"}]},
        },
    },
}
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "kubia-http"},
    "spec": {"type": "LoadBalancer", "selector": LABELS, "ports": [{"port": 80, "targetPort": 8080}]},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with a cluster named demo in which nothing takes time."""
    running = Server(tmp_path_factory.mktemp("lb"))
    running.start()
    running.manage("createcluster", "demo", "--delays", "none")
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def api(server):
    """api(method, path, body): one request to the cluster's API."""
    config = yaml.safe_load(server.manage("kubeconfig", "demo", "--host", server.url))
    base = config["clusters"][0]["cluster"]["server"]

    def call(method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{base}/api/v1/{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)

    return call


@pytest.fixture(scope="module")
def link(server, api):
    """The address of a Service with three pods behind it, which all answer."""
    api("POST", "namespaces/default/replicationcontrollers", CONTROLLER)
    api("POST", "namespaces/default/services", SERVICE)
    wait_for(lambda: len(ready(api)) == 3)
    url = link_to(server, "demo")
    wait_for(lambda: get(url)[0] == 200)
    return url


def link_to(server, cluster):
    """The address of the Service kubia-http in the cluster of that name."""
    code = f"from clusters import keys, models; made = models.Cluster.objects.get(name='{cluster}')"
    path = server.manage(
        "shell", "-v", "0", "-c", f"{code}; print(keys.link_of(made.pk, 'default', 'kubia-http'))"
    )
    return f"{server.url}{path.strip()}"


def get(url, method="GET"):
    """(code, headers, text) of an answer."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=10) as response:
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()


def wait_for(condition):
    """Waits until a condition holds."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.1)


def ready(api):
    """The names of the pods to which the Service leads."""
    endpoints = api("GET", "namespaces/default/endpoints?fieldSelector=metadata.name%3Dkubia-http")["items"]
    subsets = [subset for found in endpoints for subset in found.get("subsets") or ()]
    return [found["targetRef"]["name"] for subset in subsets for found in subset.get("addresses") or ()]


class Asker(threading.Thread):
    """Somebody who asks again and again, 10 times a second, until told to stop. `codes` is what he got."""

    def __init__(self, url):
        super().__init__()
        self.url, self.codes, self.texts = url, [], []
        self._stopped = threading.Event()

    def run(self):
        while not self._stopped.wait(0.1):
            code, _, text = get(self.url)
            self.codes.append(code)
            self.texts.append(text)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self._stopped.set()
        self.join()


def test_the_address_answers_throughout_the_kill_of_a_pod(api, link):
    (victim, *others) = ready(api)
    with Asker(link) as asker:
        wait_for(lambda: len(asker.codes) > 5)
        api("DELETE", f"namespaces/default/pods/{victim}")
        wait_for(lambda: len(set(ready(api)) - {victim}) == 3)
        after = len(asker.codes) + 1
        wait_for(lambda: len(asker.codes) > after + 10)
    assert set(asker.codes) == {200}
    assert f"You've hit {victim}\n" not in asker.texts[after:]
    assert set(asker.texts) - {f"You've hit {victim}\n"} >= {f"You've hit {name}\n" for name in others}


def test_who_asks_without_a_pause_is_told_to_wait(server):
    server.manage("createcluster", "asked-often", "--delays", "none")
    link = link_to(server, "asked-often")
    deadline = time.monotonic() + 30
    while (answer := get(link))[0] != 429:
        assert time.monotonic() < deadline, "nobody was slowed down"
    assert answer[1]["Retry-After"] == "1"
    assert answer[2] == "More than 20 requests a second.\n"


def test_a_head_request_and_the_headers_of_an_answer(link):
    wait_for(lambda: get(link)[0] == 200)
    code, headers, text = get(f"{link}some/path?x=1", method="HEAD")
    assert (code, text) == (200, "")
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "sandbox"
    assert headers["Content-Length"] == str(len("You've hit kubia-xxxxx\n"))


def test_the_links_secret_is_not_in_the_servers_log(server, link):
    get(link)
    secret = link.split("/lb/")[1].split("/")[0].rpartition("-")[2]
    text = server.log.read_text()
    assert "/lb/" in text
    assert secret not in text
