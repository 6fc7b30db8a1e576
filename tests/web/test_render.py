"""Old page + pushed regions = fresh page, whatever happens in between, in every look."""

import itertools
import random
import time

import pytest

from clusters import actions, memory
from clusters.engine.apiserver.errors import StatusError
from clusters.web import render, scene
from clusters.web.render import Look, pictures
from clusters.web.scene import Scene, scene_of
from tests.web.test_hub import regions

pytestmark = pytest.mark.django_db
LOOKS = [
    Look(),
    Look("en", "tablet", "auto", "tablet"),
    Look("en", "phone", "cells", "tablet"),
    Look("en", "wide", "nodes", "phone"),
]
PERSON = "learner"
MANIFEST = """
apiVersion: v1
kind: Pod
metadata: {name: %(name)s, labels: {app: kubia}}
spec: {containers: [{name: a, image: %(image)s}]}
"""


@pytest.fixture
def wall(wall, monkeypatch):
    monkeypatch.setattr(render, "CHART_AFTER", 0.0)
    # Calls are heard of whenever somebody looks.
    monkeypatch.setattr(scene, "EVERY", 0.0)
    monkeypatch.setattr(scene, "AT_ONCE", 0.0)
    return wall


@pytest.fixture
def cluster():
    memory.drop_all()
    return actions.create_cluster(PERSON, delays="none").pk


class Page:
    """What a browser shows: the HTML of each section by id, and the number of its picture."""

    def __init__(self, picture):
        self.number = 0
        self.sections = {section.id: "" for section in picture.sections}
        self.parts = {}

    def receive(self, picture):
        """Do what a browser does with the partials: put each in the place of the element of that id."""
        for element, html in regions(picture.since(self.number)).items():
            if element in self.sections:
                self.sections[element] = html
            else:
                where = next(
                    name
                    for name, text in self.sections.items()
                    if text.count(self.parts[element]) == 1 and f'id="{element}"' in text
                )
                self.sections[where] = self.sections[where].replace(self.parts[element], html)
        for section in picture.sections:
            self.parts.update(section.parts)
        self.number = picture.number


def settle(cluster):
    """Let the control plane do all that is due."""
    while (done := actions.reconcile(cluster, "test", 100, 5.0).result()) and done.more:
        pass


def commands(cluster, draw, count):
    """Something a person may do, at random; much of it is refused, as it should be."""
    image = memory.image(cluster)
    pods = [pod["metadata"]["name"] for pod in image.list("Pod")] or ["none"]
    nodes = [node["metadata"]["name"] for node in image.list("Node")] or ["none"]
    name = f"pod-{count}"
    manifest = MANIFEST % {"name": name, "image": draw.choice(["luksa/kubia", "nothing/here", "busybox"])}
    controller = {"name": f"rc-{draw.randrange(3)}", "image": "luksa/kubia", "replicas": draw.randrange(9)}
    service = {
        "kind": "ReplicationController",
        "namespace": "default",
        "name": f"rc-{draw.randrange(3)}",
        "service": f"svc-{draw.randrange(4)}",
        "type_": draw.choice(["ClusterIP", "NodePort", "LoadBalancer"]),
        "port": 80,
        "target_port": 8080,
    }
    inside = {"place": "pod", "pod": ("default", draw.choice(pods))}
    ips = [(pod.get("status") or {}).get("podIP", "10.1.2.3") for pod in image.list("Pod")] or ["10.1.2.3"]
    client = {
        **draw.choice([inside, inside, {"place": "internet"}, {"place": "laptop"}]),
        "target": draw.choice([*ips, "svc-0", "svc-1"]),
        "port": draw.choice([80, 8080]),
    }
    return [
        lambda: actions.create_replication_controller(cluster, PERSON, **controller),
        lambda: actions.expose(cluster, PERSON, **service),
        lambda: actions.kill_pod(cluster, PERSON, "default", draw.choice(pods), force=draw.random() < 0.3),
        lambda: actions.power(cluster, PERSON, draw.choice(nodes), draw.random() < 0.5),
        lambda: actions.add_node(cluster, PERSON),
        lambda: actions.delete_node(cluster, PERSON, draw.choice(nodes)),
        lambda: actions.apply_manifests(cluster, PERSON, manifest),
        lambda: actions.set_clock(cluster, PERSON, speed=draw.choice([1, 5, 20])),
        lambda: actions.set_clock(cluster, PERSON, paused=draw.random() < 0.3),
        lambda: actions.set_cloud(cluster, PERSON, draw.random() < 0.5),
        lambda: actions.set_book(cluster, PERSON, draw.random() < 0.5),
        lambda: actions.scale(
            cluster, PERSON, "ReplicationController", "default", f"rc-{draw.randrange(3)}", draw.randrange(12)
        ),
        lambda: actions.delete_object(cluster, PERSON, "Service", "default", f"svc-{draw.randrange(4)}"),
        lambda: actions.place_client(cluster, PERSON, **client),
        lambda: actions.place_client(cluster, PERSON, **client),
        lambda: actions.remove_client(cluster, PERSON, f"client-{draw.randrange(1, 4)}"),
    ]


def fresh(cluster, look):
    """The sections as somebody sees them who comes now, drawn from nothing but the database."""
    new = Scene(cluster)
    new.hear()
    picture = render.picture_of(new, look)
    return {section.id: section.html for section in picture.sections}


def test_an_old_page_and_what_is_pushed_make_the_fresh_page(cluster, wall, count):
    # pytest-randomly prints the seed of the whole run.
    draw = random.Random(random.random())
    actions.create_replication_controller(cluster, PERSON, name="rc-0", image="luksa/kubia", replicas=3)
    settle(cluster)
    pages = {look: Page(picture) for look, picture in pictures(cluster, LOOKS).items()}
    charts, refused = dict.fromkeys(LOOKS, -1), 0
    steps = count(60, 1500)
    for step in range(steps):
        for look, picture in pictures(cluster, draw.sample(LOOKS, draw.randrange(1, 5))).items():
            pages[look].receive(picture)
        try:
            draw.choice(commands(cluster, draw, step))()
        except StatusError:
            refused += 1
        wall.now += draw.choice([0.0, 0.2, 3.0, 40.0])
        if draw.random() < 0.8:
            settle(cluster)
        for look, picture in pictures(cluster, LOOKS).items():
            pages[look].receive(picture)
        wall.now += 7  # whoever comes now sees no outline of what went before
        charts = {look: scene_of(cluster).drawings[look].chart[0] for look in LOOKS}
        for look, picture in pictures(cluster, LOOKS).items():
            pages[look].receive(picture)
            expected = fresh(cluster, look)
            if charts[look] == scene_of(cluster).drawings[look].chart[0]:
                # The page has slid its old chart along by itself; test_page looks at that.
                del expected["lifelines"], expected["lifelines-table"]
            for section, html in expected.items():
                assert pages[look].sections[section] == html, (step, look, section)
    assert 0 < refused < steps


def test_a_look_that_comes_later_costs_the_others_nothing(cluster, wall):
    first = pictures(cluster, LOOKS[:1])[LOOKS[0]]
    both = pictures(cluster, LOOKS[:2])
    assert both[LOOKS[0]] is first


def test_the_lifelines_follow_the_map(cluster, monkeypatch):
    def chart():
        return next(
            section.html
            for section in pictures(cluster, LOOKS[:1])[LOOKS[0]].sections
            if section.id == "lifelines"
        )

    first = chart()
    actions.create_replication_controller(cluster, PERSON, name="rc-0", image="luksa/kubia", replicas=1)
    settle(cluster)
    monkeypatch.setattr(render, "CHART_AFTER", 60.0)
    assert chart() == first
    scene_of(cluster).drawings[LOOKS[0]].chart_due = time.monotonic()
    assert "rc-0" in chart()


def test_nothing_is_drawn_while_nothing_happens(cluster, wall):
    settle(cluster)
    first = pictures(cluster, LOOKS)
    wall.now += 3600
    assert all(pictures(cluster, LOOKS)[look] is first[look] for look in LOOKS)


def test_one_pod_of_many_is_a_small_frame(cluster, wall):
    actions.create_replication_controller(cluster, PERSON, name="rc-0", image="luksa/kubia", replicas=60)
    for _ in range(17):
        actions.add_node(cluster, PERSON)
    settle(cluster)
    before = pictures(cluster, LOOKS[:1])[LOOKS[0]]
    pod = memory.image(cluster).list("Pod")[0]
    actions.kill_pod(cluster, PERSON, "default", pod["metadata"]["name"])
    after = pictures(cluster, LOOKS[:1])[LOOKS[0]]
    sent = regions(after.since(before.number))
    assert "map" not in sent
    assert [name for name in sent if name.startswith("node-")] == [f"node-{pod['spec']['nodeName']}"]
    assert len(after.since(before.number)) < 0.5 * len(after.snapshot())


def test_what_happened_is_told_in_words(cluster, wall):
    actions.create_replication_controller(cluster, PERSON, name="web", image="luksa/kubia", replicas=1)
    actions.expose(
        cluster,
        PERSON,
        kind="ReplicationController",
        namespace="default",
        name="web",
        service="web",
        type_="ClusterIP",
        port=80,
        target_port=8080,
    )
    settle(cluster)
    before = pictures(cluster, LOOKS[:1])[LOOKS[0]]
    [pod] = memory.image(cluster).list("Pod")
    actions.kill_pod(cluster, PERSON, "default", pod["metadata"]["name"], force=True)
    settle(cluster)
    after = pictures(cluster, LOOKS[:1])[LOOKS[0]]
    [pod_now] = memory.image(cluster).list("Pod")
    told = after.news_since(before.number)
    assert [news.title for news in told] == [
        f"{pod['metadata']['name']} is gone.",
        f"{pod_now['metadata']['name']} is ready at {pod_now['status']['podIP']}.",
    ]
    assert [news.toast for news in told] == [False, True]
    assert told[1].text == "The Service found it by its label."


def test_a_ghost_stays_six_seconds_of_real_time(cluster, wall):
    actions.create_replication_controller(cluster, PERSON, name="web", image="luksa/kubia", replicas=1)
    settle(cluster)
    [pod] = memory.image(cluster).list("Pod")
    pictures(cluster, LOOKS[:1])
    actions.kill_pod(cluster, PERSON, "default", pod["metadata"]["name"], force=True)
    ghost = f'id="gone-{pod["metadata"]["uid"]}"'
    assert ghost in pictures(cluster, LOOKS[:1])[LOOKS[0]].snapshot()
    wall.now += 7
    assert ghost not in pictures(cluster, LOOKS[:1])[LOOKS[0]].snapshot()


def test_every_section_of_every_look_has_an_id_of_its_own(cluster, wall):
    for look, picture in pictures(cluster, LOOKS).items():
        ids = list(itertools.chain.from_iterable((s.id, *s.parts) for s in picture.sections))
        assert len(ids) == len(set(ids)), look
        for section in picture.sections:
            assert section.html.count(f'id="{section.id}"') == 1
