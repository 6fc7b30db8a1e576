"""The timeline tells everything that happened, newest first, and finds what is asked for."""

import re

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine import events
from clusters.engine.cluster import set_cloud
from clusters.engine.objects import Key, name_of
from clusters.web.lineage import History
from clusters.web.past import Past
from clusters.web.telling import Sentence
from clusters.web.timeline import PAGE, PEOPLE, Query, asked, timeline_of
from tests.web.stories import START, sample

SILENCE = Sentence("", "quiet", SafeString())


def past_of(story):
    past, history = Past(), History()
    for change in story.changes:
        history.observe(change)
    past.extend(story.changes, story.image, history)
    return past


def look(story, **query):
    return timeline_of(past_of(story), Query(**query), START)


def said(line):
    return re.sub(r"<[^>]+>", "", line.html)


def told(story, **query):
    """What the lines of a page say, newest first."""
    return [
        (line.when, said(line), line.subject and line.subject.name) for line in look(story, **query).lines
    ]


def render(view):
    return render_to_string("clusters/timeline.jinja", {"view": view, "base": "/c/abc"})


def pulled(story, name, seconds, message="Pulled it", **kwargs):
    with story.at(seconds, "kubelet/node-1") as store:
        events.record(store, story.pod(name), "Pulled", message, component="kubelet", host="node-1", **kwargs)


def noted(story):
    """A story with Events: the image of one pod was pulled twice, another one is not there."""
    pulled(story, "kubia-x9c4t", 340)
    pulled(story, "kubia-x9c4t", 350)
    pulled(story, "kubia-7h2pd", 351, "No such image: <b>nginx", type_="Warning")
    return story


def test_the_newest_comes_first_and_names_its_author_and_object():
    lines = look(sample()).lines
    assert [line.revision for line in lines] == sorted((line.revision for line in lines), reverse=True)
    assert told(sample())[:2] == [
        ("5:34.6", "kubelet on node-4 pulls the image", "kubia-7h2pd"),
        ("5:34.4", "Scheduler chose node-4", "kubia-7h2pd"),
    ]
    assert ("5:34.0", "You killed kubia-q7xzk", "kubia-q7xzk") in told(sample())
    assert [line.glyph for line in lines[:2]] == ["g-kubelet", "g-scheduler"]


def test_every_line_tells_who_did_it():
    for line in look(noted(sample()), shown="both").lines:
        assert "<b>" in (line.author or line.html)


def test_a_component_is_told_once_for_what_it_does_for_the_same_cause():
    first, second = (
        line for line in look(sample(), component="replication-controller").lines if line.when == "2:00.2"
    )
    assert (first.follows, second.follows) == (False, True)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"component": "default-scheduler", "object": "7h2pd"}, {"kubia-7h2pd"}),
        ({"component": "kubelet/node-4"}, {"node-4", "kubia-7h2pd"}),
        ({"kind": "Service"}, {"kubia"}),
        ({"kind": "Node", "object": "Node/node-1"}, {"node-1"}),
        ({"object": "replicationcontroller/kubia"}, {"kubia"}),
        ({"object": "Q7X"}, {"kubia-q7xzk"}),
        ({"object": "pod/q7xzk"}, set()),
    ],
)
def test_filters_find_by_component_kind_and_object(query, names):
    assert {name for _when, _said, name in told(sample(), **query)} == names


def test_all_kubelets_are_one_choice_before_each_of_them():
    view = look(sample())
    assert [option.text for option in view.components] == [
        "You",
        "kubelet",
        *(f"kubelet on node-{number}" for number in range(1, 5)),
        "ReplicationManager",
        "Scheduler",
    ]
    found = {line.component for line in look(sample(), component="kubelet").lines}
    assert len(found) == 4


def test_people_are_one_component_whoever_and_wherever_they_are():
    story = sample()
    story.kill("kubia-x9c4t", 400, "client:kubectl delete")
    assert [text for _when, text, _name in told(story, component=PEOPLE, kind="Pod")] == [
        "You killed kubia-x9c4t (kubectl delete, from a real kubectl)",
        "You killed kubia-q7xzk",
        "You killed kubia-4jfyf",
    ]


def test_only_kinds_that_occur_can_be_chosen():
    kinds = [option.value for option in look(noted(sample())).kinds]
    assert kinds == ["Node", "Pod", "ReplicationController", "Service"]


def test_what_people_do_to_the_settings_is_told_and_no_other_bookkeeping():
    story = sample()
    with story.at(400) as store:
        set_cloud(store, False)
    (line,) = look(story, kind="Cluster").lines
    assert line.subject is None
    assert look(story).kinds[0] == ("Cluster", "Clock and settings")
    with story.at(401, "service-controller") as store:
        set_cloud(store, True)
    assert [line] == look(story, kind="Cluster").lines


def test_events_are_listed_when_they_are_asked_for():
    story = noted(sample())
    assert not any(line.type for line in look(story).lines)
    lines = look(story, shown="events").lines
    assert [(line.when, line.type, said(line)) for line in lines] == [
        ("5:51.0", "Warning", "kubelet on node-1 said Pulled: No such image: &lt;b&gt;nginx"),
        ("5:50.0", "Normal", "kubelet on node-1 said Pulled: Pulled it"),
        ("5:40.0", "Normal", "kubelet on node-1 said Pulled: Pulled it"),
    ]
    both = look(story, shown="both").lines
    assert [line.revision for line in lines] == [line.revision for line in both if line.type]
    assert len(both) == min(PAGE, len(look(story).lines) + 3)


def test_an_event_is_found_by_the_object_it_tells_of():
    story = noted(sample())
    (line,) = look(story, shown="events", kind="Pod", object="Pod/kubia-7h2pd").lines
    assert (line.subject.kind, line.subject.name) == ("Pod", "kubia-7h2pd")
    assert line.subject.uid == story.pod("kubia-7h2pd")["metadata"]["uid"]
    assert not look(story, shown="events", kind="Node").lines


def test_an_event_that_expires_is_no_line():
    story = noted(sample())
    before = told(story, shown="events")
    with story.at(4000, "event-ttl") as store:
        for event in store.list("Event"):
            store.delete(Key("Event", "default", name_of(event)))
    assert told(story, shown="events") == before


def test_pages_follow_each_other_without_a_gap():
    story = sample()
    for number in range(2 * PAGE):
        story.scale("kubia", number % 2 + 1, 400 + number)
    seen, query = [], Query()
    while True:
        view = timeline_of(past_of(story), query, START)
        seen += [line.revision for line in view.lines]
        if not view.earlier:
            break
        assert len(view.lines) == PAGE
        query = asked(QueryDict(view.earlier.removeprefix("?")))
    told_of = [change.revision for change in story.changes if change.key.kind != "Cluster"]
    assert seen == sorted(told_of, reverse=True)


def test_the_filters_stay_from_page_to_page():
    query = Query(component="kubelet/node-1", kind="Pod", object="a&b", shown="both", before=7)
    assert asked(QueryDict(query.address(before=7).removeprefix("?"))) == query


def test_where_the_journal_was_cut_is_said():
    story = sample()
    past, history = Past(), History()
    past.extend(story.changes[-5:], story.image, history)
    view = timeline_of(past, Query(), START)
    assert (len(view.lines), view.earlier, view.is_cut) == (5, "", True)
    assert "no longer kept" in render(view)
    assert "no longer kept" not in render(look(sample()))


@pytest.mark.parametrize("query", [{"component": "teapot"}, {"kind": "Teapot"}, {"object": "teapot"}])
def test_what_never_happened_is_an_empty_list_with_words(query):
    view = look(sample(), **query)
    assert view.lines == []
    html = render(view)
    assert "Nothing that is kept matches this." in html
    assert "eapot" in html


def test_a_cluster_in_which_nothing_happened_says_so():
    assert "Nothing has happened yet." in render(timeline_of(Past(), Query(), START))
    assert "No component has told anything yet." in render(timeline_of(Past(), Query(shown="events"), START))


def test_free_text_is_text():
    story = noted(sample())
    evil = '"><script>alert(1)</script>'
    for query in ({"component": evil}, {"kind": evil}, {"object": evil}):
        assert "<script" not in render(look(story, **query))
    assert "&lt;b&gt;nginx" in render(look(story, shown="events"))


@given(st.dictionaries(st.sampled_from(["component", "kind", "object", "events", "before"]), st.text()))
def test_no_query_is_an_error(query):
    wanted = QueryDict(mutable=True)
    wanted.update(query)
    timeline_of(Past(), asked(wanted), START)


@pytest.mark.parametrize("before", ["", "x", "-1", "1e3", "٣", "9" * 30, "0"])
def test_a_page_before_no_revision_is_the_newest(before):
    query = QueryDict(mutable=True)
    query["before"] = before
    assert asked(query).before == 0


def test_a_line_links_to_its_moment_and_to_its_object():
    story = sample()
    html = render(look(story, component="default-scheduler", object="7h2pd"))
    (revision,) = re.findall(r'data-goto="(\d+)"', html)
    assert f'href="/c/abc/?at={revision}"' in html
    uid = story.pod("kubia-7h2pd")["metadata"]["uid"]
    assert f'data-kind="Pod" data-namespace="default" data-name="kubia-7h2pd" data-uid="{uid}"' in html


def test_only_the_lines_of_the_page_are_put_into_words(monkeypatch):
    story = sample()
    for number in range(500):
        story.scale("kubia", number % 2 + 1, 400 + number)
    worded = []
    monkeypatch.setattr("clusters.web.timeline.tell_story", lambda told: [worded.append(told) or SILENCE])
    look(story)
    assert len(worded) == PAGE
