"""The chart follows from the journal: lineage, spans, flags, what fits, and what is drawn."""

import re
from copy import deepcopy

import pytest
from django.template.loader import render_to_string

from clusters.web.area import area_of
from clusters.web.flags import pills_of
from clusters.web.lifelines import SHAPES, fit, lay_out
from clusters.web.lifelines_table import table_of
from clusters.web.lineage import CROWD, REMEMBERED, History
from clusters.web.lives import PodLife
from clusters.web.timescale import grid_step, window_of
from tests.web.stories import PERSON, SCALER, START, Story, sample


def history_of(story):
    history = History()
    for change in story.changes:
        history.observe(change)
    return history


def remembered(history):
    return deepcopy(vars(history))


def life_of(history, name):
    return next(life for life in history.lives.values() if life.name == name)


def spans_of(life):
    return [(span.state, round(span.start - START, 2)) for span in life.spans]


def small():
    story = Story()
    for name in ("node-1", "node-2", "node-3"):
        story.node(name)
    story.controller("kubia", 2, 1)
    story.live("kubia-aaaaa", "10.244.1.2", "node-1", 2)
    story.live("kubia-bbbbb", "10.244.2.2", "node-2", 2)
    return story


class TestHistory:
    def test_a_life_from_birth_to_end(self):
        life = life_of(history_of(sample()), "kubia-4jfyf")
        assert spans_of(life) == [("pending", 10), ("starting", 10.2), ("ready", 22), ("terminating", 120)]
        assert (life.born, life.killed_at) == (START + 10, START + 120)
        assert (life.released_at, life.gone_at) == (START + 150, START + 150)
        assert (life.ip, life.node, life.killed_by) == ("10.244.1.5", "node-1", PERSON)
        assert life.pod is None

    def test_the_replacement_is_found_by_its_cause(self):
        history = history_of(sample())
        old, new = life_of(history, "kubia-4jfyf"), life_of(history, "kubia-m2vxr")
        assert new.replaces == old.uid
        assert old.replaced_by == new.uid

    def test_two_kills_at_once_are_replaced_one_by_one(self):
        story = small()
        first, second = story.kill("kubia-aaaaa", 60), story.kill("kubia-bbbbb", 60)
        story.create("kubia-ccccc", 61, first)
        story.create("kubia-ddddd", 61, first)
        history = history_of(story)
        assert life_of(history, "kubia-ccccc").replaces == life_of(history, "kubia-aaaaa").uid
        assert life_of(history, "kubia-ddddd").replaces == life_of(history, "kubia-bbbbb").uid
        assert second > first

    def test_a_pod_that_was_one_too_many_is_not_replaced_by_a_later_one(self):
        story = small()
        story.scale("kubia", 1, 60)
        story.kill("kubia-bbbbb", 60.1, SCALER, story.revision)
        story.gone("kubia-bbbbb", 90)
        story.scale("kubia", 2, 100)
        story.create("kubia-eeeee", 100.1, story.revision)
        history = history_of(story)
        assert life_of(history, "kubia-eeeee").replaces == ""
        assert [flag.verb for flag in history.flags] == ["scale", "scale"]

    def test_a_copy_goes_its_own_way(self):
        story = sample()
        for cut in range(len(story.changes)):
            history = History()
            for change in story.changes[:cut]:
                history.observe(change)
            before = remembered(history)
            copied = history.copy()
            assert remembered(copied) == before
            for change in story.changes[cut:]:
                copied.observe(change)
            assert remembered(history) == before
            assert remembered(copied) == remembered(history_of(story))

    def test_another_controllers_death_is_not_replaced(self):
        story = small()
        story.controller("web", 1, 30)
        killed = story.kill("kubia-aaaaa", 60)
        story.create("web-zzzzz", 61, killed, owner="web")
        assert life_of(history_of(story), "web-zzzzz").replaces == ""

    def test_a_crash_breaks_the_line_and_keeps_the_address(self):
        story = small()
        story.crash("kubia-aaaaa", 50, 0)
        story.restart("kubia-aaaaa", 60, 1)
        story.crash("kubia-aaaaa", 70, 1)
        life = life_of(history_of(story), "kubia-aaaaa")
        assert [round(t - START) for t in life.crashes] == [50, 70]
        assert [state for state, _t in spans_of(life)][-3:] == ["crashing", "ready", "crashing"]
        assert life.ip == "10.244.1.2"
        assert life.gone_at is None

    def test_a_container_that_ends_because_of_a_kill_is_no_crash(self):
        story = small()
        story.kill("kubia-aaaaa", 50)
        story.crash("kubia-aaaaa", 51, 0)
        assert not life_of(history_of(story), "kubia-aaaaa").crashes

    def test_a_silent_node_makes_its_pods_unreachable_until_it_answers(self):
        story = small()
        story.node_ready("node-1", 100, "Unknown")
        story.node_ready("node-1", 130, "True")
        history = history_of(story)
        assert spans_of(life_of(history, "kubia-aaaaa"))[-2:] == [("unreachable", 100), ("ready", 130)]
        assert spans_of(life_of(history, "kubia-bbbbb"))[-1] == ("ready", 14)

    def test_people_leave_flags_and_controllers_do_not(self):
        story = small()
        story.power("node-1", 40, on=False)
        story.power("node-1", 50, on=True)
        story.kill("kubia-aaaaa", 60)
        story.kill("kubia-bbbbb", 61, "taint-eviction-controller")
        flags = [(flag.verb, flag.name) for flag in history_of(story).flags]
        assert flags == [("power-off", "node-1"), ("power-on", "node-1"), ("kill", "kubia-aaaaa")]

    def test_a_journal_that_begins_in_the_middle_still_knows_the_births(self):
        story = sample()
        history = History()
        born = {change.object["metadata"]["uid"] for change in story.changes[:20]}
        for change in story.changes[20:]:
            history.observe(change._replace(previous=None))
        life = life_of(history, "kubia-q7xzk")
        assert life.uid in born
        assert life.born == START + 10
        assert life.killed_at == START + 334

    def test_version_stays_while_nothing_visible_changes(self):
        story = small()
        history = history_of(story)
        version = history.version
        story.counted("kubia", 2, 80, 0)
        history.observe(story.changes[-1])
        assert history.version == version
        story.kill("kubia-aaaaa", 81)
        history.observe(story.changes[-1])
        assert history.version > version

    def test_what_ended_long_ago_is_forgotten_once_there_are_many(self):
        story = Story()
        story.node("node-1")
        for number in range(CROWD + 60):
            story.create(f"lone-{number}", number, owner="")
            story.gone(f"lone-{number}", number + 0.5)
        story.create("last", REMEMBERED + 100, owner="")
        story.gone("last", REMEMBERED + 101)
        history = history_of(story)
        assert len(history.lives) == CROWD
        assert life_of(history, "last").gone_at == START + REMEMBERED + 101


class TestLayout:
    def test_the_window_is_the_last_six_minutes_or_all_of_a_shorter_life(self):
        history = history_of(sample())
        whole = window_of(history, START + 200)
        assert (whole.left, whole.right) == (START, START + 200)
        last = window_of(history, START + 500)
        assert (last.left, last.right) == (START + 140, START + 500)
        assert last.x(START + 320) == 50

    def test_a_replacement_is_right_under_what_it_replaced(self):
        chart = lay_out(history_of(sample()), now=START + 360)
        names = [row.full_name for row in chart.rows]
        assert names == ["kubia-4jfyf", "kubia-m2vxr", "kubia-q7xzk", "kubia-7h2pd", "kubia-x9c4t"]
        assert [row.arrow is not None for row in chart.rows] == [True, False, True, False, False]
        assert chart.rows[0].arrow.at == 120.2
        assert [row.y for row in chart.rows] == sorted(row.y for row in chart.rows)

    def test_lines_say_when_they_are_and_go_on_while_they_last(self):
        chart = lay_out(history_of(sample()), now=START + 360)
        gone, leaving = chart.rows[0], chart.rows[2]
        assert [(line.kind, line.start, line.until) for line in gone.lines][-2:] == [
            ("ready", 22, 120),
            ("terminating", 120, 150),
        ]
        assert (leaving.lines[-1].kind, leaving.lines[-1].until) == ("terminating", None)
        assert leaving.lines[-1].x2 == 100
        assert gone.lines[2].x2 == pytest.approx(100 * 120 / 360, abs=0.01)

    def test_the_right_gutter_says_what_holds_now(self):
        chart = lay_out(history_of(sample()), now=START + 360)
        said = [(row.gutter.first, row.gutter.second) for row in chart.rows]
        assert said == [
            ("10.244.1.5", "gone"),
            ("10.244.2.4", ""),
            ("10.244.2.3", "4 s left"),
            ("IP soon", "pulling 83 %"),
            ("10.244.1.6", ""),
        ]
        assert chart.rows[0].gutter.struck

    def test_the_service_is_one_line_that_goes_on(self):
        chart = lay_out(history_of(sample()), now=START + 360)
        (band,) = chart.bands
        assert (band.name, band.ip, band.note) == ("kubia", "10.96.118.42", "never changes")
        assert [(line.start, line.until) for line in band.lines] == [(40, None)]

    def test_the_service_of_every_cluster_is_not_drawn(self):
        story = small()
        story.service("kubernetes", "10.96.0.1", 0)
        assert lay_out(history_of(story), now=START + 60).bands == []

    def test_pods_of_the_service_come_first(self):
        story = small()
        story.live("another", "10.244.1.9", "node-1", 1, owner="")
        story.service("kubia", "10.96.0.9", 30)
        chart = lay_out(history_of(story), now=START + 60)
        assert [row.full_name for row in chart.rows] == ["kubia-aaaaa", "kubia-bbbbb", "another"]

    def test_finished_lineages_older_than_the_window_leave(self):
        story = small()
        story.kill("kubia-aaaaa", 60, SCALER)
        story.gone("kubia-aaaaa", 90)
        names = [row.full_name for row in lay_out(history_of(story), now=START + 451).rows]
        assert names == ["kubia-bbbbb"]
        assert len(lay_out(history_of(story), now=START + 449).rows) == 2

    @pytest.mark.parametrize("layout", SHAPES)
    def test_rows_never_leave_the_chart(self, layout):
        story = small()
        for number in range(10):
            story.live(f"kubia-{number}", f"10.244.1.{number + 10}", "node-1", 20 + number)
        chart = lay_out(history_of(story), layout=layout, now=START + 60)
        assert all(0 < row.y < 100 for row in chart.rows)
        shown = len(chart.rows)
        hidden = int(re.search(r"\d+", chart.more).group()) if chart.more else 0
        assert shown + hidden == 12 or layout == "phone"

    def test_the_lineages_of_the_last_events_stay_when_room_is_short(self):
        lives = [[PodLife(str(n), "default", f"pod-{n}", born=n)] for n in range(6)]
        kept, hidden = fit(lives, 4)
        assert [chain[0].name for chain in kept] == ["pod-3", "pod-4", "pod-5"]
        assert hidden == 3
        assert fit(lives, 6) == (lives, 0)

    def test_many_pods_are_one_band(self):
        story = Story()
        story.node("node-1")
        story.controller("kubia", 20, 1)
        for number in range(20):
            story.live(f"kubia-{number:05}", f"10.244.1.{number + 2}", "node-1", 10)
        chart = lay_out(history_of(story), now=START + 100)
        assert chart.rows == []
        assert (chart.area.pods, chart.area.ready_text, chart.area.rest_text) == ("20 pods", "20 ready", "")

    def test_a_dip_shorter_than_a_column_is_still_drawn(self):
        story = small()
        story.crash("kubia-aaaaa", 100.2, 0)
        story.restart("kubia-aaaaa", 100.3, 1)
        area = area_of(history_of(story).lives.values(), START, START + 360)
        heights = {float(height) for height in re.findall(r"V([\d.]+)", area.edge)}
        assert round(100 - 100 / (2 * 1.2), 2) in heights - {round(100 - 100 / 1.2, 2)}
        dipped = re.search(r"H(\d+\.?\d*)V58\.33", area.edge)
        assert dipped, area.edge

    def test_flags_that_have_no_room_become_one(self):
        story = small()
        story.kill("kubia-aaaaa", 100)
        story.kill("kubia-bbbbb", 102)
        history = history_of(story)
        (pill,) = pills_of(history, 420, window_of(history, START + 360))
        assert pill.text == "2 kills"
        assert pill.at == 101
        assert len(lay_out(history, now=START + 360).falls) == 2

    def test_flags_far_apart_stay_apart(self):
        chart = lay_out(history_of(sample()), now=START + 360)
        assert [pill.text for pill in chart.pills] == ["You killed 4jfyf", "You killed q7xzk"]

    def test_the_grid_has_a_line_for_each_step_of_the_window(self):
        chart = lay_out(history_of(sample()), now=START + 450)
        assert [mark.text for mark in chart.grid][:3] == ["2:00", "3:00", "4:00"]
        assert [grid_step(length) for length in (360, 120, 60)] == [60, 30, 10]

    def test_the_summary_is_one_sentence_with_the_address(self):
        said = lay_out(history_of(sample()), now=START + 360).summary
        assert "10.96.118.42" in said
        assert "4 pods live" in said
        assert "1 is gone" in said


class TestTemplate:
    def render(self, story, now, layout="wide"):
        chart = lay_out(history_of(story), layout=layout, now=START + now)
        return render_to_string("clusters/lifelines.jinja", {"chart": chart})

    @pytest.mark.parametrize("layout", SHAPES)
    @pytest.mark.parametrize("now", [360, 900])
    def test_every_layout_is_one_svg_without_inline_style(self, layout, now):
        html = self.render(sample(), now, layout)
        assert html.strip().startswith('<svg id="lifelines"')
        assert html.count("<svg") == html.count("</svg>")
        assert 'role="img"' in html
        assert 'style="' not in html
        assert "<script" not in html

    def test_ids_stay_with_the_pods(self):
        story = sample()
        uid = story.pod("kubia-x9c4t")["metadata"]["uid"]
        assert f'id="life-{uid}"' in self.render(story, 360)

    def test_an_empty_cluster_says_so(self):
        html = self.render(Story(), 5)
        assert "No Service" in html
        assert "No pod has lived here yet." in html

    def test_names_are_text(self):
        story = Story()
        story.node("node-1")
        story.create("<b>", 3, owner="")
        html = self.render(story, 5)
        assert "<b>" not in html
        assert "&lt;b&gt;" in html

    def test_the_table_tells_the_same(self):
        table = table_of(history_of(sample()), START + 360)
        assert [entry.name for entry in table.entries][:3] == ["kubia", "kubia-4jfyf", "kubia-m2vxr"]
        entry = table.entries[1]
        assert (entry.ip, entry.born, entry.ended) == ("10.244.1.5", "0:10", "2:30")
        assert entry.state == "gone, you killed it"
        assert table.entries[2].replaces == "kubia-4jfyf"
        html = render_to_string("clusters/lifelines_table.jinja", {"table": table})
        assert "kubia-m2vxr" in html
        assert '<table id="lifelines-table"' in html
