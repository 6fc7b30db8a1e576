"""The map as HTML: what scripts, tests and screen readers rely on, and that only what changed is sent."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from clusters.engine.changes import MODIFIED, Change
from clusters.engine.objects import Key, with_value
from clusters.web.map import LAYOUTS, GonePod, MapCache, lay_out, render_map, render_regions, render_table
from tests.web import drawn

BASE = "/c/abc"


def story():
    """The design's sample: every part of the map is there."""
    app = {"app": "kubia"}
    return drawn.image(
        drawn.node("node-1", images=["luksa/kubia"]),
        drawn.node("node-2"),
        drawn.node("node-3", ready="Unknown", powered=False),
        drawn.node("node-4", unschedulable=True),
        drawn.pod("kubia-x9c4t", "node-1", ip="10.244.1.6", slot=0, labels=app),
        drawn.pod("kubia-q7xzk", "node-2", ip="10.244.2.3", slot=0, labels=app, state="terminating"),
        drawn.pod("broken", "node-2", slot=1, state="crashing"),
        drawn.pod("kubia-manual", "node-3", ip="10.244.3.4", slot=0),
        drawn.pod("kubia-7h2pd", "node-4", state="starting", slot=0, labels=app),
        drawn.pod("lonely", state="pending"),
        *drawn.service("kubia", ready=["kubia-x9c4t"], type_="LoadBalancer", external="203.0.113.10"),
        *drawn.service("second", "10.96.0.7", ready=["kubia-x9c4t"], created=1),
    )


GONE = [GonePod("gone-1", "default", "kubia-4jfyf", "node-1", 2, "10.244.1.5", called=True)]


def parse(html):
    return ElementTree.fromstring(html)


def groups(root, kind):
    return [element for element in root.iter("g") if element.get("data-kind") == kind]


def buttons(group):
    return [child for child in group if child.get("role") == "button"]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("density", ["cards", "slim", "cells", "nodes"])
class TestEveryDrawing:
    def test_is_well_formed_without_style_or_script(self, layout, density):
        html = render_map(lay_out(story(), layout=layout, density=density, gone=GONE), BASE)
        parse(html)
        assert not re.search(r"\sstyle=|\son\w+=|<script|hx-on|js:", html)

    def test_has_unique_ids(self, layout, density):
        html = render_map(lay_out(story(), layout=layout, density=density, gone=GONE), BASE)
        ids = re.findall(r'\sid="([^"]+)"', html)
        assert len(ids) == len(set(ids))

    def test_regions_are_nested_svgs_with_their_ids(self, layout, density):
        view = lay_out(story(), layout=layout, density=density)
        regions = render_regions(view, BASE)
        for name in view.drawn:
            assert regions[name].startswith(f'<svg id="{name}"')

    def test_has_one_tab_stop_among_nodes_and_pods(self, layout, density):
        root = parse(render_map(lay_out(story(), layout=layout, density=density), BASE))
        stops = [
            button
            for group in groups(root, "Node") + groups(root, "Pod")
            for button in buttons(group)
            if button.get("tabindex") == "0"
        ]
        assert len(stops) == 1


class TestContract:
    root = staticmethod(lambda **options: parse(render_map(lay_out(story(), **options), BASE)))

    def test_a_pod(self):
        pod = next(g for g in groups(self.root(), "Pod") if g.get("data-name") == "kubia-x9c4t")
        assert {key: value for key, value in pod.items() if key.startswith("data-")} == {
            "data-kind": "Pod",
            "data-name": "kubia-x9c4t",
            "data-namespace": "default",
            "data-uid": "uid-kubia-x9c4t",
            "data-state": "ready",
            "data-ip": "10.244.1.6",
            "data-node": "node-1",
        }
        assert (pod.get("id"), pod.get("role")) == ("pod-uid-kubia-x9c4t", "group")
        card, kill = buttons(pod)
        assert card.get("aria-label").startswith(
            "kubia-x9c4t, Ready, IP 10.244.1.6, node-1, receives requests"
        )
        assert kill.get("aria-label") == "Kill pod kubia-x9c4t"
        assert kill.get("hx-post") == "/c/abc/pods/default/kubia-x9c4t/kill"
        assert kill.get("hx-swap") == "none"

    def test_a_terminating_pod_is_killed_by_force(self):
        pod = next(g for g in groups(self.root(), "Pod") if g.get("data-state") == "terminating")
        force = buttons(pod)[1]
        assert force.get("aria-label") == "Kill pod kubia-q7xzk by force"
        assert force.get("hx-vals") == '{"force":"1"}'
        assert float(force.get("data-from")) == drawn.NOW + 5

    def test_a_node(self):
        nodes = {g.get("data-name"): g for g in groups(self.root(), "Node")}
        assert [nodes[f"node-{i}"].get("data-state") for i in (1, 3, 4)] == ["ready", "notready", "cordoned"]
        assert nodes["node-1"].get("aria-label") == "node-1, Ready, 1 pod"
        power = buttons(nodes["node-1"])[1]
        assert power.get("aria-label") == "Power off node node-1"
        assert (power.get("hx-post"), power.get("hx-vals")) == ("/c/abc/nodes/node-1/power", '{"on":"0"}')
        power = buttons(nodes["node-3"])[1]
        assert (power.get("aria-label"), power.get("hx-vals")) == ("Power on node node-3", '{"on":"1"}')

    def test_a_service(self):
        service = groups(self.root(), "Service")[0]
        assert service.get("data-cluster-ip") == "10.96.118.42"
        assert service.get("data-external-ip") == "203.0.113.10"
        assert buttons(service)[1].get("data-copy") == "10.96.118.42"

    def test_no_button_holds_another(self):
        for button in self.root().iter("g"):
            if button.get("role") == "button":
                assert [g for g in button.iter("g") if g.get("role") == "button"] == [button]

    def test_html_in_a_name_or_label_is_text(self):
        evil = "<script>alert(1)</script>"
        service = drawn.service("kubia", ready=["a"])
        service[0]["spec"]["selector"] = {"app": evil}
        html = render_map(lay_out(drawn.image(drawn.node(), drawn.pod("a"), *service)), BASE)
        assert "<script" not in html
        assert "&lt;script&gt;" in html


class TestTable:
    def test_says_the_same_as_the_map(self):
        view = lay_out(story())
        drawn_pods = {
            (g.get("data-name"), g.get("data-ip"), g.get("data-node"))
            for g in groups(parse(render_map(view, BASE)), "Pod")
        }
        listed = set()
        for row in parse(render_table(view, BASE)).iter("tr"):
            if row.get("data-uid"):
                name, node, ip = ("".join(cell.itertext()).replace("–", "") for cell in list(row)[:3])
                listed.add((name, ip, node))
        assert listed == drawn_pods

    def test_kills_as_the_map_does(self):
        class Buttons(HTMLParser):
            found = {}

            def handle_starttag(self, tag, attrs):
                if tag == "button":
                    self.found[dict(attrs)["aria-label"]] = dict(attrs)["hx-post"]

        parser = Buttons()
        parser.feed(render_table(lay_out(story()), BASE))
        assert parser.found["Kill pod kubia-x9c4t"] == "/c/abc/pods/default/kubia-x9c4t/kill"
        assert "Kill pod kubia-q7xzk by force" in parser.found
        assert not any("kubia-manual" in name for name in parser.found)


class TestUpdates:
    def changed(self, image, name, path, value):
        pod = image.get("Pod", "default", name)
        after = with_value(with_value(pod, path, value), ("metadata", "resourceVersion"), "99999")
        change = Change(99999, MODIFIED, Key("Pod", "default", name), after, pod, "test", 0, drawn.NOW)
        return image.apply([change])

    def test_nothing_is_rendered_twice(self):
        cache = MapCache()
        before = render_regions(lay_out(story(), cache=cache), BASE, cache)
        html = dict(cache.html)
        after = render_regions(lay_out(story(), cache=cache), BASE, cache)
        assert before == after
        assert all(cache.html[name] is html[name] for name in html)

    def test_one_changed_pod_changes_its_node_only(self):
        image, cache = drawn.farm(40, 20), MapCache()
        before = render_regions(lay_out(image, cache=cache), BASE, cache)
        image = self.changed(image, "kubia-7x3", ("status", "podIP"), "10.244.7.99")
        after = render_regions(lay_out(image, cache=cache), BASE, cache)
        assert {name for name in after if after[name] != before[name]} == {"node-node-7", "rows-node-node-7"}

    @pytest.mark.parametrize("layout", LAYOUTS)
    def test_with_a_cache_the_same_is_drawn_as_without(self, layout):
        cache = MapCache()
        for image in (
            story(),
            drawn.farm(3, 2),
            drawn.farm(3, 9),
            drawn.image(),
            drawn.farm(12, 30),
            story(),
        ):
            view = lay_out(image, layout=layout, gone=GONE, cache=cache)
            fresh = lay_out(image, layout=layout, gone=GONE)
            assert render_regions(view, BASE, cache) == render_regions(fresh, BASE)

    def test_the_frame_changes_with_nodes_and_density_and_not_with_pods(self):
        frame = lay_out(drawn.farm(3, 2)).frame
        assert lay_out(drawn.farm(3, 3)).frame == frame
        assert lay_out(drawn.farm(4, 2)).frame != frame
        assert lay_out(drawn.farm(3, 4)).frame != frame

    def test_time_alone_changes_nothing(self):
        assert render_regions(lay_out(story()), BASE) == render_regions(lay_out(story()), BASE)
