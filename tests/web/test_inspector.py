"""The inspector shows what an object is, also when it is gone, and offers what can be done to it."""

import re

import pytest
from django.template.loader import render_to_string

from clusters.engine import events
from clusters.engine.objects import Key, with_status, with_value
from clusters.web.inspector import TABS, inspect
from tests.web.stories import START, Story, sample
from tests.web.test_chain import Log

POD = Key("Pod", "default", "kubia-x9c4t")
SERVICE = Key("Service", "default", "kubia")
CONTROLLER = Key("ReplicationController", "default", "kubia")


def look(story, key, tab="why", seconds=360, **kwargs):
    return inspect(story.image, Log(story.changes), key, tab, now=START + seconds, **kwargs)


def render(view):
    return render_to_string("clusters/inspector.jinja", {"view": view, "base": "/c/abc"})


def facts(view):
    return {fact.label: fact.value for fact in view.facts}


def uid_of_gone(story, name):
    return next(change.object["metadata"]["uid"] for change in story.changes if change.key.name == name)


def test_a_pods_facts():
    view = look(sample(), POD)
    assert facts(view) == {
        "Pod IP": "10.244.1.6",
        "Node": "node-1",
        "Image": "luksa/kubia",
        "Owner": "ReplicationController kubia",
        "Labels": "app=kubia",
    }
    assert (view.pill.word, view.pill.tone, view.pill.icon) == ("Ready", "run", "s-ready")


def test_a_starting_pod_has_no_ip_yet():
    view = look(sample(), Key("Pod", "default", "kubia-7h2pd"))
    assert facts(view)["Pod IP"] == "not yet"
    assert view.pill.word == "Starting"


def test_a_pod_without_a_controller_is_told_so():
    story = Story()
    story.create("lonely", 3, owner="")
    assert facts(look(story, Key("Pod", "default", "lonely")))["Owner"] == "nothing watches this pod"


def test_a_pod_that_is_gone_is_shown_as_it_last_was():
    story = sample()
    uid = uid_of_gone(story, "kubia-4jfyf")
    view = look(story, Key("Pod", "default", "kubia-4jfyf"), uid=uid)
    assert (view.gone, view.pill.word) == ("2:30", "Gone")
    assert facts(view)["Pod IP"] == "10.244.1.5"
    assert not view.actions.kill
    html = render(view)
    assert "Gone since 2:30" in html
    assert "/kill" not in html


def test_a_newer_object_of_the_same_name_is_not_mistaken_for_the_old_one():
    story = Story()
    story.create("twin", 3, owner="")
    old = story.pod("twin")["metadata"]["uid"]
    story.gone("twin", 10)
    story.create("twin", 20, owner="")
    assert look(story, Key("Pod", "default", "twin"), uid=old).gone == "0:10"
    assert look(story, Key("Pod", "default", "twin")).gone == ""


def test_what_nobody_knows_is_none():
    assert look(sample(), Key("Pod", "default", "never")) is None
    assert look(sample(), Key("Pod", "default", "never"), uid="no-such-uid") is None


def test_a_nodes_facts_and_power():
    story = sample()
    view = look(story, Key("Node", "", "node-2"))
    found = facts(view)
    assert found["Pod range"] == "10.244.2.0/24"
    assert found["Pods"] == "2 of 110"
    assert (view.actions.power, view.actions.delete) == ("off", "nodes")
    story.power("node-2", 400, on=False)
    view = look(story, Key("Node", "", "node-2"))
    assert view.actions.power == "on"
    assert facts(view)["Power"] == "off"


def test_a_service_that_waits_for_the_cloud():
    story = sample()
    story.service("public", "10.96.3.3", 50, type="LoadBalancer")
    view = look(story, Key("Service", "default", "public"))
    assert facts(view)["Public IP"] == "waits for the cloud"
    assert view.pill.word == "Waiting for the cloud"
    with story.at(60, "service-controller") as store:
        service = store.get("Service", "default", "public")
        store.update(with_status(service, loadBalancer={"ingress": [{"ip": "203.0.113.10"}]}))
    view = look(story, Key("Service", "default", "public"))
    assert facts(view)["Public IP"] == "203.0.113.10"
    assert view.pill.word == "Stays the same"
    assert "<b>The cloud</b> gave it the public address" in view.steps[-1].html


def test_a_service_with_a_public_address_is_called_by_one_click_and_reached_for_real():
    story = sample()
    story.service("public", "10.96.3.3", 50, type="LoadBalancer")
    key, link = Key("Service", "default", "public"), "http://lan/lb/x/default/public/"
    view = look(story, key, link=link)
    assert link not in render(view)
    assert (view.actions.call, view.actions.public) == ("public", False)
    with story.at(60, "service-controller") as store:
        service = store.get(*key)
        store.update(with_status(service, loadBalancer={"ingress": [{"ip": "203.0.113.10"}]}))
    view = look(story, key, link=link)
    assert (view.actions.call, view.actions.public) == ("203.0.113.10", True)
    html = render(view)
    assert f'href="{link}"' in html
    assert f'data-copy="{link}"' in html
    assert 'hx-post="/c/abc/clients/"' in html


def test_a_pods_address_can_be_called():
    view = look(sample(), POD)
    assert view.actions.call == "10.244.1.6"
    assert 'data-call="10.244.1.6"' in render(view)


def test_a_services_endpoints_are_those_of_its_slices():
    story = sample()
    with story.at(60, "endpointslice-controller") as store:
        store.create(
            {
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": {
                    "name": "kubia-abcde",
                    "namespace": "default",
                    "labels": {"kubernetes.io/service-name": "kubia"},
                },
                "endpoints": [
                    {"addresses": ["10.244.1.6"], "conditions": {"ready": True}},
                    {"addresses": ["10.244.2.3"], "conditions": {"ready": False}},
                ],
                "ports": [{"port": 8080}],
            }
        )
    assert facts(look(story, SERVICE))["Endpoints"] == "10.244.1.6"
    assert facts(look(story, Key("EndpointSlice", "default", "kubia-abcde")))["Ports"] == "8080"


def test_the_service_of_every_cluster_cannot_be_deleted():
    story = sample()
    story.service("kubernetes", "10.96.0.1", 0)
    assert not look(story, Key("Service", "default", "kubernetes")).actions.delete
    assert look(story, SERVICE).actions.delete == "services"


def test_events_newest_last_with_their_counts():
    story = sample()
    pod = story.pod("kubia-x9c4t")
    with story.at(30, "kubelet/node-1") as store:
        events.record(store, pod, "Pulling", "Pulling image", component="kubelet", host="node-1")
    for second in (35, 45):
        with story.at(second, "kubelet/node-1") as store:
            events.record(store, pod, "BackOff", "Back-off", type_="Warning", component="kubelet")
    with story.at(40, "default-scheduler") as store:
        events.record_action(
            store, pod, "Scheduled", "Assigned", component="default-scheduler", action="Binding"
        )
    view = look(story, POD, "events", seconds=60)
    assert [(line.reason, line.count, line.age) for line in view.events] == [
        ("Pulling", 1, "30s"),
        ("Scheduled", 1, "20s"),
        ("BackOff", 2, "15s"),
    ]
    assert "×2" in render(view)


def test_a_nodes_events_are_found_by_uid_and_by_name():
    story = sample()
    node = story.overlay.get("Node", "", "node-1")
    with story.at(30, "node-controller") as store:
        events.record(store, node, "RegisteredNode", "registered", component="node-controller")
    by_name = with_value(node, ("metadata", "uid"), "node-1")
    with story.at(31, "kubelet/node-1") as store:
        events.record(store, by_name, "Starting", "Starting kubelet.", component="kubelet", host="node-1")
    view = look(story, Key("Node", "", "node-1"), "events")
    assert [line.reason for line in view.events] == ["RegisteredNode", "Starting"]


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize(
    "key", [POD, SERVICE, CONTROLLER, Key("Node", "", "node-1"), Key("Cluster", "", "cluster")]
)
def test_the_fragment_is_one_section_whose_open_tab_is_told(key, tab):
    html = render(look(sample(), key, tab))
    assert html.strip().startswith('<section id="inspector"')
    assert html.count("<section") == html.count("</section>") == 1
    selected = re.findall(r'id="inspector-tab-(\w+)"[^>]*aria-selected="true"', html)
    assert selected == [tab]
    assert 'style="' not in html
    assert " hx-on" not in html


def test_an_unknown_tab_is_the_first():
    assert look(sample(), POD, "no such tab").tab == "why"


def test_only_the_open_tab_is_worked_out():
    view = look(sample(), POD, "yaml")
    assert view.yaml.startswith("apiVersion: v1\nkind: Pod\n")
    assert "simulation" not in view.yaml
    assert view.steps == []


def test_a_terminating_pod_can_only_be_killed_by_force():
    html = render(look(sample(), Key("Pod", "default", "kubia-q7xzk")))
    assert 'aria-label="Kill pod kubia-q7xzk by force"' in html
    assert 'hx-post="/c/abc/pods/default/kubia-q7xzk/kill"' in html


def test_a_controller_can_be_scaled_exposed_and_deleted():
    html = render(look(sample(), CONTROLLER))
    assert 'hx-post="/c/abc/replicationcontrollers/default/kubia/scale"' in html
    assert 'data-expose="ReplicationController/default/kubia"' in html
    assert 'hx-post="/c/abc/replicationcontrollers/default/kubia/delete"' in html


def test_html_in_labels_is_text():
    story = Story()
    story.create("odd", 3, owner="")
    with story.at(4) as store:
        store.update(with_value(story.pod("odd"), ("metadata", "labels"), {"x": "<script>"}))
    for tab in TABS:
        assert "<script>" not in render(look(story, Key("Pod", "default", "odd"), tab))


def test_nothing_selected_says_what_can_be():
    html = render_to_string("clusters/inspector_empty.html")
    assert html.strip().startswith('<section id="inspector"')
    for kind in ("pod", "node", "Service", "ReplicationController"):
        assert f"A {kind}" in html


def changes_of(story, key=POD, **options):
    return look(story, key, "changes", **options).changes


def test_the_changes_of_an_object_stand_newest_first_with_what_moved():
    told = sample()
    told.kubelet("kubia-x9c4t", 300, phase="Unknown")
    newest, *_others = lines = changes_of(told).lines
    assert (newest.when, [(f.path, f.before, f.after) for f in newest.fields]) == (
        "5:00.0",
        [("status.phase", "Running", "Unknown")],
    )
    assert [line.revision for line in lines] == sorted((line.revision for line in lines), reverse=True)
    assert "created" in lines[-1].html
    assert lines[-1].fields == ()


def test_what_only_the_simulator_noted_is_no_change_of_an_object():
    told = sample()
    before = changes_of(told)
    with told.at(300, "kubelet/node-1") as store:
        store.update(with_value(told.pod("kubia-x9c4t"), ("simulation", "due"), 5))
    assert changes_of(told) == before


def test_a_change_tells_what_led_to_it_when_it_is_asked():
    told = sample()
    uid = uid_of_gone(told, "kubia-4jfyf")
    gone = Key("Pod", "default", "kubia-4jfyf")
    (last, *others) = changes_of(told, gone, uid=uid).lines
    assert last.chain == ()
    view = look(told, gone, "changes", uid=uid, asked=last.revision)
    steps = [re.sub(r"<[^>]+>", "", step.html) for step in view.changes.lines[0].chain]
    assert steps[-2:] == [
        "You killed kubia-4jfyf",
        "kubelet on node-1 removed it. Its IP is free again",
    ]
    html = render(view)
    assert f'data-change="{last.revision}"' in html
    assert 'aria-expanded="true"' in html
    assert html.count('aria-expanded="false"') == len(others)


def test_a_long_list_of_changes_is_cut_until_somebody_wants_all():
    told = sample()
    for number in range(60):
        told.kubelet("kubia-x9c4t", 300 + number, phase=f"Phase{number}")
    few = look(told, POD, "changes", seconds=400)
    assert (len(few.changes.lines), few.changes.earlier) == (30, 34)
    assert "34 more" in render(few)
    whole = look(told, POD, "changes", seconds=400, whole=True)
    assert (len(whole.changes.lines), whole.changes.earlier) == (64, 0)
    assert 'data-all="1"' in render(whole)


def test_many_fields_of_one_change_are_cut_until_somebody_asks_why():
    told = sample()
    told.kubelet("kubia-x9c4t", 300, **{f"field{number}": number for number in range(5)})
    line = changes_of(told).lines[0]
    assert (len(line.fields), line.more) == (3, 2)
    asked = changes_of(told, asked=line.revision).lines[0]
    assert (len(asked.fields), asked.more) == (5, 0)


def test_every_time_that_was_leads_there():
    told = sample()
    for tab in ("why", "changes"):
        html = render(look(told, Key("Pod", "default", "kubia-7h2pd"), tab))
        assert re.findall(r'data-goto="(\d+)" aria-label="Look at 5:34\.0"|5:34\.2', html)
    chain = render(look(told, Key("Pod", "default", "kubia-7h2pd")))
    kill = next(c.revision for c in told.changes if c.actor == "person:1" and c.key.name == "kubia-q7xzk")
    assert f'data-goto="{kill}" aria-label="Look at 5:34.0"' in chain


def test_nothing_watches_a_pod_of_your_own():
    told = Story()
    told.node("node-1")
    told.create("lonely", 3, owner="", actor="person:1")
    html = render(look(told, Key("Pod", "default", "lonely")))
    assert '<div class="reason" data-tone="quiet"><p>Nothing watches this pod.' in html
