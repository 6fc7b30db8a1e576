"""Where nodes, pods, Services and lines go on the map."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.web.map import LAYOUTS, GonePod, lay_out
from clusters.web.map.endpoints import service_facts
from clusters.web.map.plan import DENSITIES, plan
from clusters.web.map.slots import place
from clusters.web.widths import fit, fit_name, text_width, wrap
from tests.web import drawn


def nodes_of(view):
    return [region for name, region in view.drawn.items() if name.startswith("node-")]


def node_of(view, name="node-1"):
    return next(node for node in nodes_of(view) if node.name == name)


def pods_of(view):
    return {pod.name: pod for node in nodes_of(view) for pod in node.pods}


class TestPlan:
    def test_the_wide_layout_has_the_designs_numbers(self):
        drawing = plan("wide", [3, 3, 1, 1])
        assert (drawing.width, drawing.height, drawing.density) == (880, 532, "cards")
        assert drawing.nodes[0] == (170, 184, 162.5, 326)
        assert drawing.nodes[1].x == 170 + 162.5 + 12
        assert drawing.slots.at(1) == (20, 51 + 70)
        assert drawing.slots.w == 129.5

    @pytest.mark.parametrize(
        ("most", "density"),
        [(3, "cards"), (4, "slim"), (6, "slim"), (7, "cells"), (70, "cells"), (71, "nodes")],
    )
    def test_the_roomiest_density_that_fits_every_node(self, most, density):
        assert plan("wide", [1, most, 0, 2]).density == density

    def test_a_viewer_may_ask_for_a_denser_one_only(self):
        assert plan("wide", [1, 1], density="cells").density == "cells"
        assert plan("wide", [9, 1], density="cards").density == "cells"

    def test_up_to_four_nodes_stand_in_one_row(self):
        for count in range(1, 5):
            drawing = plan("wide", [1] * count)
            assert len({box.y for box in drawing.nodes}) == 1
            assert drawing.control_plane

    def test_more_nodes_stand_in_two_rows_while_addresses_can_be_read(self):
        drawing = plan("wide", [2] * 8)
        assert (drawing.tiles, drawing.density) == (False, "cards")
        assert len({box.y for box in drawing.nodes}) == 2
        assert not drawing.control_plane
        assert plan("wide", [4] * 8).density == "slim"
        assert plan("wide", [5] * 8).tiles

    def test_many_nodes_are_tiles(self):
        drawing = plan("wide", [20] * 40)
        assert (drawing.tiles, drawing.density) == (True, "cells")
        assert drawing.nodes[0].w >= 112
        assert plan("wide", [10] * 61).density == "nodes"

    def test_more_services_push_the_eaves_down(self):
        assert plan("wide", [1], extra=80).nodes[0].y == plan("wide", [1]).nodes[0].y + 80

    def test_a_phones_houses_are_as_high_as_their_pods_need(self):
        drawing = plan("phone", [3, 1, 1, 1])
        first, _second, third, _fourth = drawing.nodes
        assert first.h == drawing.nodes[1].h > third.h
        assert drawing.height > third.bottom

    @given(
        layout=st.sampled_from(LAYOUTS),
        needs=st.lists(st.integers(0, 110), max_size=100),
        density=st.sampled_from(("auto", *DENSITIES)),
        extra=st.sampled_from((0, 40, 80)),
    )
    def test_nothing_leaves_the_map_or_lies_on_something_else(self, layout, needs, density, extra):
        drawing = plan(layout, needs, density=density, extra=extra)
        for box in drawing.nodes:
            assert box.x >= 0
            assert box.y >= drawing.pill.bottom + extra
            assert box.x + box.w <= drawing.width
            assert box.bottom <= drawing.height
        for index, box in enumerate(drawing.nodes):
            for other in drawing.nodes[index + 1 :]:
                apart_x = box.x + box.w <= other.x or other.x + other.w <= box.x
                apart_y = box.bottom <= other.y or other.bottom <= box.y
                assert apart_x or apart_y
        if drawing.density != "nodes":
            for need, box in zip(needs, drawing.nodes, strict=True):
                x, y = drawing.slots.at(max(0, need - 1))
                assert x + drawing.slots.w <= box.w
                assert need == 0 or y + drawing.slots.h <= box.h - drawing.foot


class TestSlots:
    def test_a_pod_keeps_the_slot_it_was_bound_with(self):
        pods = [drawn.pod("a", slot=2), drawn.pod("b", slot=0)]
        assert [(slot, pod["metadata"]["name"]) for slot, pod in place(pods)] == [(0, "b"), (2, "a")]

    def test_what_has_no_slot_or_shares_one_gets_the_lowest_that_is_left(self):
        pods = [drawn.pod("a", slot=0), drawn.pod("b", slot=0), drawn.pod("c"), drawn.pod("d", slot=1)]
        assert [(slot, pod["metadata"]["name"]) for slot, pod in place(pods)] == [
            (0, "a"),
            (1, "d"),
            (2, "b"),
            (3, "c"),
        ]

    def test_neighbours_stay_where_they_are(self):
        kept = [drawn.node(), drawn.pod("a", slot=0), drawn.pod("c", slot=2)]
        before = pods_of(lay_out(drawn.image(*kept, drawn.pod("b", slot=1))))
        after = pods_of(lay_out(drawn.image(*kept)))
        assert (before["c"].x, before["c"].y) == (after["c"].x, after["c"].y)


class TestNodes:
    def test_their_order_is_natural(self):
        names = ["node-10", "node-2", "node-1"]
        view = lay_out(drawn.image(*(drawn.node(name) for name in names)))
        assert [node.name for node in nodes_of(view)] == ["node-1", "node-2", "node-10"]

    def test_a_dot_in_a_name_does_not_reach_the_id(self):
        view = lay_out(drawn.image(drawn.node("a.example")))
        assert node_of(view, "a.example").id == "node-a_example"

    def test_a_silent_node_says_since_when(self):
        node = node_of(lay_out(drawn.image(drawn.node(ready="Unknown"))))
        assert (node.state, node.silence.since) == ("notready", drawn.NOW - 60)

    def test_a_node_that_starts_is_not_called_silent(self):
        silence = node_of(lay_out(drawn.image(drawn.node(ready="False")))).silence
        assert (silence.title, silence.since, silence.lines) == ("Not ready yet", None, ())

    def test_a_node_without_power_that_nobody_misses_yet_is_still_ready(self):
        node = node_of(lay_out(drawn.image(drawn.node(powered=False))))
        assert (node.state, node.powered, node.foot.on) == ("ready", False, False)

    def test_images_that_do_not_fit_are_counted(self):
        images = [f"registry.example/team/a-long-image-name-{index}:v1" for index in range(5)]
        foot = node_of(
            lay_out(drawn.image(*(drawn.node(f"n{i}", images=images) for i in range(4)))), "n0"
        ).foot
        assert foot.images.endswith("+4")

    def test_a_pull_is_shown_instead_of_the_images(self):
        pod = drawn.pod("kubia-1", state="starting")
        pod["simulation"] = {
            "containers": {"c0": {"phase": "pulling", "image": "luksa/kubia", "from": 10.0, "until": 16.0}}
        }
        view = lay_out(drawn.image(drawn.node(), pod))
        assert "pulling" in node_of(view).foot.images
        assert node_of(view).foot.busy
        assert pods_of(view)["kubia-1"].progress == (10.0, 16.0)

    def test_usage_is_the_scarcest_resource(self):
        pod = drawn.pod("big")
        pod["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "3", "memory": "1Gi"}}
        assert node_of(lay_out(drawn.image(drawn.node(), pod))).usage == 0.75


class TestPods:
    def test_a_terminating_pod_may_be_killed_by_force_five_seconds_later(self):
        pod = pods_of(lay_out(drawn.image(drawn.node(), drawn.pod("kubia-1", state="terminating"))))[
            "kubia-1"
        ]
        assert (pod.until, pod.force_from) == (drawn.NOW + 30, drawn.NOW + 5)
        assert pod.kill == "Kill pod kubia-1 by force"

    def test_an_unreachable_pod_has_no_kill_button(self):
        view = lay_out(drawn.image(drawn.node(ready="Unknown"), drawn.pod("kubia-1")))
        assert pods_of(view)["kubia-1"].kill == ""

    def test_the_accessible_name_says_all_that_is_seen(self):
        view = lay_out(
            drawn.image(
                drawn.node(),
                drawn.pod("kubia-1", ip="10.244.1.9"),
                *drawn.service("kubia", ready=["kubia-1"]),
            )
        )
        said = "kubia-1, Ready, IP 10.244.1.9, node-1, receives requests from Service kubia"
        assert pods_of(view)["kubia-1"].aria == said

    def test_more_than_four_containers_are_counted(self):
        pod = pods_of(lay_out(drawn.image(drawn.node(), drawn.pod("many", containers=6))))["many"]
        assert (len(pod.squares), pod.more, pod.word) == (3, 3, "6 containers")

    def test_a_pod_of_a_deleted_node_is_not_drawn(self):
        view = lay_out(drawn.image(drawn.node("node-1"), drawn.pod("lost", "node-9")))
        assert pods_of(view) == {}
        assert all("lost" not in [pod.name for pod in rows.pods] for rows in view.rows.values())


class TestGhosts:
    ghost = GonePod("g", "default", "kubia-4jfyf", "node-1", 1, "10.244.1.5", called=True)

    def test_a_pod_that_is_gone_leaves_its_outline(self):
        view = lay_out(drawn.image(drawn.node(), drawn.pod("a", slot=0)), gone=[self.ghost])
        (ghost,) = node_of(view).ghosts
        assert (ghost.ip, ghost.word, ghost.y) == ("10.244.1.5", "gone · no answer", view.plan.slots.at(1)[1])

    def test_until_another_pod_takes_its_place(self):
        ghost = replace(self.ghost, called=False)
        view = lay_out(drawn.image(drawn.node(), drawn.pod("a", slot=1)), gone=[ghost])
        assert node_of(view).ghosts == ()

    def test_one_that_is_called_makes_way_for_another_pod(self):
        view = lay_out(drawn.image(drawn.node(), drawn.pod("a", slot=1)), gone=[self.ghost])
        (ghost,) = node_of(view).ghosts
        assert ghost.y == view.plan.slots.at(0)[1]

    def test_nobody_is_drawn_outside_of_the_house(self):
        pods = [drawn.pod(f"pod-{slot}", slot=slot) for slot in range(3)]
        view = lay_out(drawn.image(drawn.node(), *pods), gone=[self.ghost])
        assert node_of(view).ghosts == ()


class TestServices:
    def test_endpoints_written_by_hand_may_name_no_pod(self):
        service = {
            "metadata": {"name": "s", "namespace": "default", "uid": "1"},
            "spec": {"type": "ClusterIP"},
        }
        ready = {"conditions": {"ready": True}}
        endpoints = [ready, {**ready, "targetRef": {"kind": "Pod"}}, {**ready, "targetRef": {"uid": "p"}}]
        assert service_facts(service, [{"endpoints": endpoints}]).ready == ("p",)

    def cluster(self, *services):
        pods = [
            drawn.pod("a", slot=0, labels={"app": "kubia"}),
            drawn.pod("b", slot=1, labels={"app": "kubia"}),
        ]
        return drawn.image(drawn.node(), *pods, *(obj for made in services for obj in made))

    def test_the_api_servers_own_service_is_not_drawn(self):
        view = lay_out(self.cluster(drawn.service("kubernetes", "10.96.0.1")))
        assert view.drawn["map-services"].pills == ()
        assert view.drawn["map-services"].hint.title == "No Service yet"

    def test_an_empty_cluster_says_what_to_do_first(self):
        hint = lay_out(drawn.image(drawn.node())).drawn["map-services"].hint
        assert "ReplicationController" in " ".join(hint.lines)

    def test_only_ready_endpoints_have_a_line(self):
        view = lay_out(self.cluster(drawn.service("kubia", ready=["a"])))
        (lines,) = view.drawn["map-edges"].services
        assert [edge.pod for edge in lines.edges] == ["uid-a"]
        (pill,) = view.drawn["map-services"].pills
        assert (pill.counted, pill.icons) == ("1 of 2", ("ready", "running"))

    def test_a_line_ends_at_its_pod(self):
        view = lay_out(self.cluster(drawn.service("kubia", ready=["b"])))
        (edge,) = view.drawn["map-edges"].services[0].edges
        node, pod = node_of(view), pods_of(view)["b"]
        middle = node.box.y + pod.y + view.plan.slots.h / 2
        assert edge.d.endswith(f"V{middle - 8:g}q0 8 8 8H{node.box.x + pod.x - 1:g}")

    def test_without_endpoints_the_address_stays_and_nobody_answers(self):
        (pill,) = lay_out(self.cluster(drawn.service("kubia"))).drawn["map-services"].pills
        assert (pill.state, pill.cluster_ip) == ("empty", "10.96.118.42")
        assert pill.counted == "0 of 2, nobody to answer"

    def test_the_oldest_is_large_until_another_is_selected(self):
        cluster = self.cluster(drawn.service("a", created=5), drawn.service("kubia", created=1))
        pills = lay_out(cluster).drawn["map-services"].pills
        assert [(pill.name, pill.large) for pill in pills] == [("a", False), ("kubia", True)]
        pills = lay_out(cluster, selected_service=("default", "a")).drawn["map-services"].pills
        assert [(pill.name, pill.large) for pill in pills] == [("a", True), ("kubia", False)]

    def test_more_than_three_are_counted(self):
        made = [drawn.service(f"s{index}", created=index) for index in range(5)]
        band = lay_out(self.cluster(*made), selected_service=("default", "s4")).drawn["map-services"]
        assert [pill.name for pill in band.pills] == ["s0", "s1", "s4"]
        assert band.more == "+2 Services"

    def test_a_public_service_has_a_door_outside(self):
        made = drawn.service("kubia", type_="LoadBalancer", external="203.0.113.10", ready=["a"])
        places = {place.key: place for place in lay_out(self.cluster(made)).drawn["map-outside"].places}
        assert places["door"].text == "203.0.113.10"
        made = drawn.service("kubia", type_="NodePort", ready=["a"])
        places = {place.key: place for place in lay_out(self.cluster(made)).drawn["map-outside"].places}
        assert places["door"].text == ":31207"
        assert "door" not in {place.key for place in lay_out(self.cluster()).drawn["map-outside"].places}

    def test_pods_without_a_node_wait_in_the_tray(self):
        waiting = drawn.pod("w", state="pending")
        waiting["status"]["conditions"] = [
            {
                "type": "PodScheduled",
                "status": "False",
                "reason": "Unschedulable",
                "message": "Insufficient cpu",
            }
        ]
        view = lay_out(drawn.image(drawn.node(), waiting, *drawn.service("kubia")))
        tray = view.drawn["map-services"].tray
        assert (tray.title, tray.reason) == ("1 pod waiting", "no node has room")
        assert [pod.name for pod in tray.pods] == ["w"]
        assert [pod.name for pod in view.rows["rows-waiting"].pods] == ["w"]
        (pill,) = view.drawn["map-services"].pills
        assert pill.box.x + pill.box.w < tray.box.x

    @pytest.mark.parametrize("layout", LAYOUTS)
    @pytest.mark.parametrize("message", ["Insufficient cpu", "3 node(s) didn't match", ""])
    @pytest.mark.parametrize("nodes", [1, 3, 4, 7])
    def test_the_trays_words_stay_inside_it(self, layout, message, nodes):
        waiting = drawn.pod("w", state="pending")
        refused = {"status": "False", "reason": "Unschedulable", "message": message}
        waiting["status"]["conditions"] = [{"type": "PodScheduled", **refused}] if message else []
        machines = [drawn.node(f"node-{n}") for n in range(1, nodes + 1)]
        view = lay_out(drawn.image(*machines, waiting, *drawn.service("kubia")), layout=layout)
        tray = view.drawn["map-services"].tray
        assert not tray.reason or tray.text_x + text_width(tray.reason, 11) <= tray.box.w - 10

    def test_words_take_the_room_of_icons_that_do_not_fit(self):
        pods = [drawn.pod(name, state="starting", labels={"app": "kubia"}) for name in "ab"]
        waiting = drawn.pod("w", state="pending")
        nodes = [drawn.node(f"node-{n}") for n in (1, 2, 3)]
        service = drawn.service("kubia", "10.107.118.142")
        (roomy,) = lay_out(drawn.image(*nodes, *pods, *service)).drawn["map-services"].pills
        (narrow,) = lay_out(drawn.image(*nodes, *pods, waiting, *service)).drawn["map-services"].pills
        assert roomy.icons
        assert narrow.icons == ()
        for pill in (roomy, narrow):
            assert pill.counted.endswith("nobody to answer")
            assert pill.fields[-1].x + pill.fields[-1].w <= pill.box.w - 10

    @pytest.mark.parametrize("layout", LAYOUTS)
    def test_fields_stay_inside_their_pill(self, layout):
        name = "a-service-with-a-name-as-long-as-a-dns-label-may-possibly-ever-be"
        view = lay_out(self.cluster(drawn.service(name, "10.107.118.142", ready=["a"])), layout=layout)
        (pill,) = view.drawn["map-services"].pills
        assert all(field.x + field.w <= pill.box.w for field in pill.fields)


class TestWidths:
    def test_a_generated_suffix_is_never_cut(self):
        assert fit_name("long-name-of-an-application-4jfyf", 94, 12) == "long-n…-4jfyf"
        assert fit_name("kubia-4jfyf", 94, 12) == "kubia-4jfyf"

    @given(st.text(min_size=1, max_size=40), st.integers(20, 200))
    def test_a_fitted_text_fits(self, text, width):
        assert text_width(fit(text, width, 12), 12) <= max(width, text_width("…", 12))

    def test_korean_takes_twice_the_room(self):
        assert text_width("파드", 10) == 20
        assert wrap("노드가 세 개 있습니다", 40, 10, 2)[0] == "노드가"
