"""The chain of causes reads from the journal as it happened, back to what a person did."""

import re
from html import unescape

import pytest

from clusters.engine.cluster import set_cloud
from clusters.engine.objects import Key, with_status, with_value
from clusters.web.chain import FIRST, LAST, story
from tests.web.stories import SCALER, START, Story, condition, sample


class Log:
    """The journal that chain and inspector read, from a list of changes."""

    def __init__(self, changes):
        self.changes = {change.revision: change for change in changes}
        self.by_uid = {}
        for change in changes:
            self.by_uid.setdefault(change.object["metadata"]["uid"], []).append(change)

    def at(self, revision):
        return self.changes.get(revision)

    def of(self, uid):
        return [*self.by_uid.get(uid, ())]


def steps_of(told, name, kind="Pod", namespace="default", bare=False):
    uid = next(c.object["metadata"]["uid"] for c in told.changes if c.key == Key(kind, namespace, name))
    changes = [change._replace(previous=None) for change in told.changes] if bare else told.changes
    return story(told.image, Log(changes), uid)


def plain_text(html):
    return unescape(re.sub(r"<[^>]+>", "", html))


def said(steps):
    return [(re.sub(r"<[^>]+>", "", step.html), step.when) for step in steps]


def texts(steps):
    return [text for text, _when in said(steps)]


WHOLE = [
    ("You killed kubia-q7xzk", "5:34.0"),
    ("ReplicationController counted 2 pods, wants 3", "5:34.2"),
    ("It created kubia-7h2pd", "5:34.2"),
    ("Scheduler chose node-4", "5:34.4"),
    ("kubelet on node-4 pulls the image", "now"),
    ("The pod gets an IP and joins Service kubia", "next"),
]


def test_a_replacement_leads_back_to_the_kill():
    steps = steps_of(sample(), "kubia-7h2pd")
    assert said(steps) == WHOLE
    assert [step.state for step in steps][-2:] == ["now", "next"]
    begin, end = steps[-2].pulling
    assert (round(begin - START, 1), round(end - START, 1)) == (334.6, 365)


def test_the_same_from_a_journal_without_previous_states():
    assert said(steps_of(sample(), "kubia-7h2pd", bare=True)) == WHOLE


def test_the_first_pods_lead_back_to_who_created_their_controller():
    steps = texts(steps_of(sample(), "kubia-x9c4t"))
    assert steps[0] == "You created ReplicationController kubia"
    assert "It created kubia-x9c4t" in steps
    assert steps[-1] == "kubia-x9c4t is ready"


def test_a_pod_that_ended_tells_who_ended_it():
    steps = steps_of(sample(), "kubia-4jfyf")
    assert texts(steps)[-2:] == [
        "You killed kubia-4jfyf",
        "kubelet on node-1 removed it. Its IP is free again",
    ]
    assert all(step.state == "done" for step in steps)


def test_a_pod_without_a_controller_was_made_by_you():
    told = Story()
    told.node("node-1")
    told.create("lonely", 5, owner="", actor="person:1")
    steps = steps_of(told, "lonely")
    assert said(steps) == [("You created Pod lonely", "now"), ("Scheduler chooses a node", "next")]


@pytest.mark.parametrize(
    ("client", "told_as"),
    [
        ("kubectl run", "(kubectl run, from a real kubectl)"),
        ("OpenAPI-Generator", "(from the client OpenAPI-Generator)"),
        ("<b>kubectl", "(from the client &lt;b&gt;kubectl)"),
    ],
)
def test_a_client_of_the_api_is_named(client, told_as):
    told = Story()
    told.create("lonely", 5, owner="", actor=f"client:{client}")
    told.kill("lonely", 9, f"client:{client}")
    assert texts(steps_of(told, "lonely"))[:2] == [
        f"You created Pod lonely {told_as}",
        f"You killed lonely {told_as}",
    ]


def test_an_eviction_leads_back_to_the_power_switch():
    told = Story()
    for node in ("node-1", "node-2"):
        told.node(node)
    told.controller("kubia", 1, 1)
    told.live("kubia-aaaaa", "10.244.1.2", "node-1", 2)
    power = told.power("node-1", 100, on=False)
    silent = told.node_ready("node-1", 150, "Unknown", power)
    evicted = told.kill("kubia-aaaaa", 450, "taint-eviction-controller", silent)
    told.create("kubia-bbbbb", 450.2, evicted)
    assert texts(steps_of(told, "kubia-bbbbb"))[:5] == [
        "You powered node-1 off",
        "Node controller marked node-1 NotReady",
        "After 5 min, Taint eviction gave up waiting for the node and deleted kubia-aaaaa",
        "ReplicationController looked at its pods",
        "It created kubia-bbbbb",
    ]
    assert texts(steps_of(told, "kubia-aaaaa"))[-1] == "The pod goes when node-1 comes back or is deleted"
    node = texts(steps_of(told, "node-1", "Node", ""))
    assert node[1:3] == ["You powered node-1 off", "Node controller marked node-1 NotReady"]


def test_scaling_down_tells_the_count():
    told = sample()
    told.scale("kubia", 1, 400)
    cause = told.revision
    told.kill("kubia-x9c4t", 400.1, SCALER, cause)
    told.counted("kubia", 3, 400.1, cause)
    steps = texts(steps_of(told, "kubia-x9c4t"))
    at = steps.index("You scaled kubia from 3 to 1")
    assert steps[at + 1 : at + 3] == [
        "ReplicationController counted 3 pods, wants 1",
        "It deleted kubia-x9c4t",
    ]


def test_no_room_is_told_once_with_the_schedulers_words():
    told = Story()
    told.create("lonely", 5, owner="", actor="person:1")
    message = "0/3 nodes are available: 3 Insufficient cpu."
    for second in (6, 12):
        with told.at(second, "default-scheduler") as store:
            pod = told.pod("lonely")
            unscheduled = {
                **condition("PodScheduled", "False", "Unschedulable"),
                "message": message,
                "n": second,
            }
            store.update(with_status(pod, conditions=[unscheduled]))
    assert texts(steps_of(told, "lonely"))[1:2] == [f"Scheduler found no node for it: {message}"]
    assert len(steps_of(told, "lonely")) == 3


def test_a_long_story_keeps_its_beginning_and_its_end():
    told = sample()
    for number in range(10):
        told.crash("kubia-x9c4t", 400 + 20 * number, number)
        told.restart("kubia-x9c4t", 410 + 20 * number, number + 1)
    steps = steps_of(told, "kubia-x9c4t")
    assert len(steps) == FIRST + LAST + 1
    assert steps[FIRST].tone == "gap"
    assert "more steps" in steps[FIRST].html
    assert texts(steps)[-3:] == [
        "The container ended: exit code 1",
        "kubelet on node-1 started it again, 10 times so far",
        "kubia-x9c4t is ready",
    ]


def test_names_are_text():
    told = Story()
    told.node("node-1")
    told.create("<img src=x>", 5, owner="", actor="person:1")
    (created, _following) = steps_of(told, "<img src=x>")
    assert "<img" not in created.html
    assert "&lt;img src=x&gt;" in created.html


def test_nothing_is_known_of_what_was_compacted_away():
    told = sample()
    assert story(told.image, Log([]), told.pod("kubia-x9c4t")["metadata"]["uid"]) == []


def test_a_crash_is_told_when_it_happens_even_if_the_kubelet_waits_already():
    told = sample()
    ended = {"terminated": {"exitCode": 1, "reason": "Error"}}
    for seconds, state in ((400, {"waiting": {"reason": "CrashLoopBackOff"}}), (410, ended)):
        main = {"name": "main", "restartCount": 0, "state": state, "lastState": ended}
        unready = [condition("Ready", "False")]
        told.kubelet("kubia-x9c4t", seconds, phase="Running", conditions=unready, containerStatuses=[main])
    assert said(steps_of(told, "kubia-x9c4t"))[-3:] == [
        ("The container ended: exit code 1", "6:40.0"),
        ("kubelet on node-1 waits before it starts the container again", "now"),
        ("kubelet tries again", "next"),
    ]


def test_a_container_that_cannot_start_has_not_ended():
    told = sample()
    waits = {"name": "main", "state": {"waiting": {"reason": "ErrImageNeverPull"}}}
    told.kubelet("kubia-7h2pd", 340, phase="Pending", containerStatuses=[waits])
    assert "kubelet on node-4 cannot start the container: ErrImageNeverPull" in texts(
        steps_of(told, "kubia-7h2pd")
    )


@pytest.mark.parametrize(("phase", "code"), [("Failed", 1), ("Succeeded", 0)])
def test_nothing_follows_on_the_end_of_a_pod_that_is_not_started_again(phase, code):
    told = sample()
    ended = {"name": "main", "restartCount": 0, "state": {"terminated": {"exitCode": code}}}
    told.kubelet("kubia-x9c4t", 400, phase=phase, containerStatuses=[ended])
    steps = steps_of(told, "kubia-x9c4t")
    assert (texts(steps)[-1], steps[-1].state) == (f"The container ended: exit code {code}", "done")


@pytest.mark.parametrize(
    ("cloud", "words"),
    [
        (True, "The cloud takes its load balancer away, then the Service is gone"),
        (False, "It stays until there is a cloud again that takes its load balancer away"),
    ],
)
def test_a_service_that_cannot_go_tells_what_it_waits_for(cloud, words):
    told = sample()
    with told.at(400) as store:
        set_cloud(store, cloud)
        service = store.get("Service", "default", "kubia")
        store.update(with_value(service, ("metadata", "deletionTimestamp"), "2026-11-24T08:00:00Z"))
    steps = steps_of(told, "kubia", kind="Service")
    assert (texts(steps)[-1], steps[-1].state) == (words, "next")
