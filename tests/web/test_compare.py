"""Two moments of a cluster, compared in its page."""

import re

import pytest

from clusters import actions, memory, storage
from clusters.access import PERSON
from clusters.engine.objects import name_of
from clusters.models import Cluster, Grant
from clusters.web import scene

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def fresh_memory():
    memory.drop_all()
    scene._scenes.clear()


@pytest.fixture
def cluster(learner):
    learner.post("/sandbox/")
    return Cluster.objects.get()


@pytest.fixture
def moments(cluster):
    """The revisions before and after the ReplicationController kubia was made, and after it was scaled."""
    found = [memory.image(cluster.pk).revision]
    owner = cluster.owner
    actions.create_replication_controller(cluster.pk, owner, name="kubia", image="nginx", replicas=3)
    found.append(memory.image(cluster.pk).revision)
    actions.scale(cluster.pk, owner, "ReplicationController", "default", "kubia", 5)
    return [*found, memory.image(cluster.pk).revision]


def compare(client, cluster, first, last="live", **options):
    return client.get(f"/c/{cluster.pk}/compare", {"from": first, "to": last}, **options)


def told(answer):
    """The comparison as (verb, kind, name, fields)."""
    found = []
    for part in answer.content.decode().split('<li class="difference"')[1:]:
        kind = re.search(r"<span>(\w+)</span>", part)[1]
        name = re.search(r"<code[^>]*>([^<]+)</code>", part)[1]
        cells = re.findall(r'<t[hd] class="mono[^>]*>([^<]*)<', part)
        rows = [tuple(cells[at : at + 3]) for at in range(0, len(cells), 3)]
        found.append((re.search('data-verb="([A-Z]+)"', part)[1], kind, name, rows))
    return found


def test_what_was_added_and_what_was_changed_field_by_field(learner, cluster, moments):
    before, made, scaled = moments
    assert told(compare(learner, cluster, before, made)) == [("ADDED", "ReplicationController", "kubia", [])]
    ((verb, _kind, _name, fields),) = told(compare(learner, cluster, made, scaled))
    assert verb == "MODIFIED"
    assert ("spec.replicas", "3", "5") in fields
    assert not any("resourceVersion" in path or "managedFields" in path for path, _, _ in fields)


def test_live_is_now(learner, cluster, moments):
    assert told(compare(learner, cluster, moments[0])) == told(compare(learner, cluster, *moments[::2]))
    page = compare(learner, cluster, moments[2]).content.decode()
    assert "nothing differs" in page
    assert '<option value="live" selected>' in page


def test_the_earlier_moment_comes_first_however_they_are_asked_for(learner, cluster, moments):
    backwards = compare(learner, cluster, "live", moments[0])
    assert told(backwards) == told(compare(learner, cluster, moments[0]))


def test_what_is_gone_is_told(learner, cluster, moments):
    actions.delete_object(cluster.pk, cluster.owner, "ReplicationController", "default", "kubia")
    assert told(compare(learner, cluster, moments[2])) == [("DELETED", "ReplicationController", "kubia", [])]


def test_the_choices_are_just_before_and_just_after_what_people_did(learner, cluster, moments):
    page = compare(learner, cluster, moments[2]).content.decode()
    before, after = page.split('name="to"')
    assert f'<option value="{moments[1] - 1}">' in before
    assert f'<option value="{moments[1]}">' in after
    assert "kubia" in before


def test_the_choices_are_deeds_and_neither_the_clock_nor_each_object_that_came_back(
    learner, cluster, moments
):
    before, _made, scaled = moments
    owner, shown = cluster.owner, scene.scene_of(cluster.pk)
    actions.set_clock(cluster.pk, owner, paused=True)
    shown.catch_up()
    then = shown.past.moment(before)
    actions.continue_from(cluster.pk, owner, before, then.image, then.time)
    text = compare(learner, cluster, before, scaled).content.decode()
    assert "stopped the clock" not in text
    assert "You continued from" in text
    assert "did not exist then" not in text


def test_without_script_it_is_a_page_and_with_it_the_dialog_of_the_page(learner, cluster, moments):
    assert "<!doctype html>" in compare(learner, cluster, moments[0]).content.decode()
    dialog = compare(learner, cluster, moments[0], headers=HTMX).content.decode()
    assert "<!doctype html>" not in dialog
    assert 'id="compare"' in dialog


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_moment_that_is_no_longer_kept_is_refused_with_the_oldest_that_is(
    learner, cluster, moments, headers
):
    storage.compact(cluster.pk, changes=1)
    scene._scenes.clear()
    refused = compare(learner, cluster, 3, headers=headers)
    assert refused.status_code == 422
    assert "Revision 3 is no longer kept. The oldest moment is" in refused.content.decode()


@pytest.mark.parametrize("moment", ["99999999", "-1", "x", "1.5", "٣", "9" * 40, "0x1", "null"])
def test_what_is_no_moment_is_refused_in_words(learner, cluster, moments, moment):
    for answer in (compare(learner, cluster, moment), compare(learner, cluster, moments[0], moment)):
        assert answer.status_code == 422
        assert 'class="error"' in answer.content.decode()


def test_without_moments_all_that_is_kept_is_compared(learner, cluster, moments):
    answer = learner.get(f"/c/{cluster.pk}/compare")
    assert answer.status_code == 200
    names = {name for _verb, _kind, name, _fields in told(answer)}
    assert {name_of(node) for node in memory.image(cluster.pk).list("Node")} <= names


def test_names_are_escaped_and_long_values_cut(learner, cluster, moments):
    value = "<b>" + "x" * 5000
    manifest = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{v: '{value}'}}"
    actions.apply_manifests(cluster.pk, cluster.owner, manifest.replace(value, "short"))
    revision = memory.image(cluster.pk).revision
    actions.apply_manifests(cluster.pk, cluster.owner, manifest)
    page = compare(learner, cluster, revision).content.decode()
    assert "<b>x" not in page
    assert "x" * 100 in page
    assert "x" * 200 not in page


def test_who_may_look_may_compare_and_nobody_else(cluster, moments, other_learner, stranger):
    session = other_learner.session
    session[PERSON] = "other"
    session.save()
    Grant.objects.create(cluster=cluster, person="other", role=Grant.Role.VIEW)
    assert compare(other_learner, cluster, moments[0]).status_code == 200
    assert compare(stranger, cluster, moments[0]).status_code == 404
