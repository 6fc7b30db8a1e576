"""Whatever people do, the chain of every object and of every change ends at a person, a timer or a fault."""

import re
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from clusters.engine import cluster, restoring
from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.changes import by_person
from clusters.engine.controllers import serviceaccounts
from clusters.engine.kubelet import node_status
from clusters.engine.objects import is_deleting
from clusters.web.chain import chain_of, sentence_of, story
from clusters.web.coming import coming
from clusters.web.why_not import why_not
from tests.engine.test_whole_cluster import COMMANDS, CONTAINERS, NAMES, Sandbox
from tests.web.test_chain import Log

NODES = ["node-1", "node-2", "node-3"]
GONE = "What came before is no longer kept."


def deployment(name, image):
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": image}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"{name}-d", "namespace": "default"},
        "spec": {"replicas": 2, "selector": {"matchLabels": labels}, "template": template},
    }


def balanced(name):
    ports = [{"port": 80, "targetPort": "http"}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": f"{name}-lb", "namespace": "default"},
        "spec": {"type": "LoadBalancer", "selector": {"app": name}, "ports": ports},
    }


def lonely(name, **spec):
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"{name}-lonely", "namespace": "default", "labels": {"app": name}},
        "spec": {"containers": [{"name": "main", "image": "nginx"}], **spec},
    }


def quota(pods):
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "few", "namespace": "default"},
        "spec": {"hard": {"pods": str(pods)}},
    }


def roll_out(store, name, image):
    if store.get("Deployment", "default", f"{name}-d") is None:
        verbs.create(store, deployment(name, image))
    else:
        current = verbs.get(store, "Deployment", "default", f"{name}-d")
        verbs.update(store, {**current, "spec": {**current["spec"], **_template(name, image)}})


def _template(name, image):
    return {"template": deployment(name, image)["spec"]["template"]}


def open_shop(store):
    verbs.create(store, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    serviceaccounts.ensure(store, "shop")
    pod = lonely("shop")
    verbs.create(store, {**pod, "metadata": {**pod["metadata"], "namespace": "shop"}})


class History(Sandbox):
    """A cluster with all that was done to it; what the API refuses has not happened."""

    def __init__(self, delays):
        self.images = []
        super().__init__("seed", delays)

    def _commit(self, overlay):
        super()._commit(overlay)
        self.images.append((self.image, self.now))

    def run(self, command):
        with suppress(StatusError, KeyError):
            command(self)

    def go_back(self, part):
        image, then = self.images[int(part * (len(self.images) - 1))]
        self.transact(lambda store: restoring.continue_from(store, image, then, self.now))


def does(verb, *args):
    return lambda box: box.transact(lambda store: verb(store, *args))


def command(name, *args):
    return lambda box: COMMANDS[name](box, *args)


def kill(number, grace):
    def run(box):
        pods = box.names("Pod")
        if pods:
            COMMANDS["kill"](box, pods[number % len(pods)], grace)

    return run


names, nodes = st.sampled_from(NAMES), st.sampled_from(NODES)
images = st.sampled_from(["nginx", "luksa/kubia", "luksa/kubai", "lifelines/crasher"])
commands = st.one_of(
    st.builds(
        lambda n, r, k: command("create", n, r, k),
        names,
        st.integers(0, 3),
        st.sampled_from(sorted(CONTAINERS)),
    ),
    st.builds(lambda n, r: command("scale", n, r), names, st.integers(0, 3)),
    st.builds(lambda n: command("expose", n), names),
    st.builds(lambda n: command("delete", n), names),
    st.builds(kill, st.integers(0, 50), st.sampled_from([None, 0])),
    st.builds(lambda n, c: command("cordon", n, c), nodes, st.booleans()),
    st.builds(lambda n, v: does(v, n), nodes, st.sampled_from([node_status.power_off, node_status.power_on])),
    st.builds(
        lambda n, v: does(v, n), nodes, st.sampled_from([node_status.stop_kubelet, node_status.start_kubelet])
    ),
    st.builds(lambda n: command("delete_node", n), nodes),
    st.builds(
        lambda c, r: does(cluster.set_component, c, r), st.sampled_from(cluster.COMPONENTS), st.booleans()
    ),
    st.builds(lambda how: does(cluster.set_pulls, how), st.sampled_from(cluster.PULLS)),
    st.builds(lambda on: does(cluster.set_cloud, on), st.booleans()),
    st.builds(lambda n, i: does(roll_out, n, i), names, images),
    st.builds(lambda n: does(verbs.create, balanced(n)), names),
    st.builds(lambda n: does(verbs.create, lonely(n)), names),
    st.builds(lambda n: does(verbs.create, lonely(n, nodeSelector={"disk": "ssd"})), names),
    st.builds(lambda p: does(verbs.create, quota(p)), st.integers(0, 4)),
    st.just(does(open_shop)),
    st.just(does(verbs.delete, "Namespace", "", "shop")),
    st.builds(lambda part: lambda box: box.go_back(part), st.floats(0, 1)),
    st.just(command("restart")),
    st.just(command("take_over")),
)


pauses = st.sampled_from([0, 1, 8, 60, 400, 4000])
scripts = st.lists(st.tuples(commands, pauses), min_size=6, max_size=15)


def text(step):
    return re.sub(r"<[^>]+>", "", step.html)


def played(script, delays):
    box = History(delays)
    box.run(command("create", "a", 2, "kubia"))
    for act, seconds in script:
        box.run(act)
        box.advance(seconds)
    return box


def begins_well(steps):
    """With somebody who did something, or with a time that was over."""
    return bool(steps) and text(steps[0]).startswith(("You ", "After ", "The cluster came with"))


@settings(max_examples=settings.default.max_examples, deadline=None)
@given(script=scripts, delays=st.sampled_from(["real", "none"]))
def test_the_chain_of_every_object_ends_at_a_person_a_timer_or_a_fault(script, delays):
    box = played(script, delays)
    log = Log(box.journal)
    for change in box.journal:
        assert by_person(change.actor) or 0 < change.cause < change.revision
        assert change.key.kind == "Event" or not change.cause or log.at(change.cause).key.kind != "Event"
        assert sentence_of(log, change).html
    for uid in log.by_uid:
        assert begins_well(story(box.image, log, uid, box.now))
    for change in box.journal[-40:]:
        assert begins_well(chain_of(box.image, log, change))


@settings(max_examples=settings.default.max_examples // 2, deadline=None)
@given(script=scripts, part=st.floats(0.1, 0.9))
def test_where_the_journal_begins_later_a_chain_says_that_what_came_before_is_not_kept(script, part):
    box = played(script, "real")
    kept = Log(box.journal[int(part * len(box.journal)) :])
    for uid in kept.by_uid:
        steps = story(box.image, kept, uid, box.now)
        assert begins_well(steps) or text(steps[0]) == GONE
        if kept.of(uid)[0].verb != "ADDED":
            assert text(steps[0]) == GONE


@settings(max_examples=settings.default.max_examples, deadline=None)
@given(script=scripts, delays=st.sampled_from(["real", "none"]))
def test_of_every_object_somebody_can_say_what_comes_next_and_what_keeps_it(script, delays):
    box = played(script, delays)
    for kind in box.image.kinds():
        for obj in box.image.list(kind):
            following = coming(box.image, obj, box.now)
            reasons = why_not(box.image, obj, box.now)
            assert following is None or following
            assert all(reason.html for reason in reasons)
            if kind == "Pod" and not is_deleting(obj) and not obj["spec"].get("nodeName"):
                assert following
