"""The clock's buttons: who may press them, what they answer, and what the banner says."""

import json
import re

import pytest

from clusters import access, actions, memory
from clusters.engine.cluster import clock_of, steps_of
from clusters.models import Cluster, Grant
from clusters.web.standing import told_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
RC = {"name": "kubia", "image": "luksa/kubia", "replicas": "1"}
TURNS = ["clock", "step", "skip"]


@pytest.fixture(autouse=True)
def fresh_memory():
    """What other tests held of clusters with rolled-back rows is not ours."""
    memory.drop_all()


@pytest.fixture
def cluster(learner):
    """The learner's own sandbox, with something that is about to happen."""
    learner.post("/sandbox/")
    made = Cluster.objects.get()
    learner.post(f"/c/{made.pk}/replicationcontrollers/", RC, headers=HTMX)
    return made


@pytest.fixture
def url(cluster):
    return f"/c/{cluster.pk}/"


def let_in(cluster, client, role):
    client.post("/sandbox/")
    Grant.objects.create(cluster=cluster, person=client.session[access.PERSON], role=role)
    return client


@pytest.fixture
def people(cluster, learner, instructor, other_learner, stranger, client):
    """Everybody there can be, by what he is to the cluster."""
    client.post("/sandbox/")
    return {
        "owner": learner,
        "actor": let_in(cluster, instructor, access.ACT),
        "viewer": let_in(cluster, other_learner, access.VIEW),
        "somebody else": client,
        "nobody": stranger,
    }


def image(cluster):
    return memory.image(cluster.pk)


def clock(cluster):
    return clock_of(image(cluster))


def toast(response):
    return json.loads(response.headers["HX-Trigger"])["toast"]


def post(client, path, **fields):
    return client.post(path, fields, headers=HTMX)


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize(
    ("role", "answers"),
    [
        ("act", {"owner": 200, "actor": 200, "viewer": 422, "somebody else": 404, "nobody": 404}),
        ("own", {"owner": 200, "actor": 422, "viewer": 422, "somebody else": 404, "nobody": 404}),
    ],
)
def test_who_may_turn_the_clock(cluster, url, people, turn, role, answers):
    actions.set_clock_role(cluster.pk, "learner", role)
    for who, code in answers.items():
        before = image(cluster).revision
        paused = "0" if clock(cluster).paused else "1"
        assert post(people[who], url + turn, paused=paused).status_code == code, who
        assert (image(cluster).revision > before) is (code == 200), who


def test_who_may_not_turn_the_clock_may_not_go_back_either(cluster, url, people):
    actions.set_clock_role(cluster.pk, "learner", access.OWN)
    revision = image(cluster).revision
    for who, code in {"actor": 422, "viewer": 422, "somebody else": 404, "nobody": 404, "owner": 200}.items():
        assert post(people[who], f"{url}continue", revision=revision, time="0").status_code == code, who
        assert ("continuedFrom" in image(cluster).get("Cluster", "", "cluster")["spec"]) is (code == 200)


def test_the_owner_alone_says_who_may(cluster, url, people):
    for who, code in {"actor": 404, "viewer": 404, "somebody else": 404, "nobody": 404, "owner": 200}.items():
        assert post(people[who], f"{url}clock/role", own="1").status_code == code, who
    cluster.refresh_from_db()
    assert access.clock_role(cluster) == access.OWN
    post(people["owner"], f"{url}clock/role")
    cluster.refresh_from_db()
    assert access.clock_role(cluster) == access.ACT


def test_who_may_not_is_told_why(cluster, url, people):
    text = toast(post(people["viewer"], f"{url}step"))["text"]
    assert text == "You may look at this cluster, but not turn its clock."
    post(people["owner"], f"{url}clock/role", own="1")
    for who in ("actor", "viewer"):
        assert (
            toast(post(people[who], f"{url}step"))["text"]
            == "Only the owner of this cluster turns its clock."
        )


def test_the_page_says_who_its_reader_is_and_whom_the_buttons_are_for(cluster, url, people):
    for role in ("act", "own"):
        actions.set_clock_role(cluster.pk, "learner", role)
        for who, own in {"owner": "own", "actor": "act", "viewer": "view"}.items():
            page = people[who].get(url).content.decode()
            assert re.search(r'<html lang="en" data-role="(\w+)">', page)[1] == own
            assert re.search(r'id="controls" data-clock-role="(\w+)"', page)[1] == role
            assert ('id="clock-role"' in page) is (own == "own")


def test_the_owners_setting_is_shown(cluster, url, learner):
    for role, checked in {"own": True, "act": False}.items():
        actions.set_clock_role(cluster.pk, "learner", role)
        box = re.search(r'<input[^>]* id="clock-role"[^>]*>', learner.get(url).content.decode())[0]
        assert ("checked" in box) is checked


def test_a_step_is_told_in_the_banner(cluster, url, learner):
    assert "toast" not in json.loads(post(learner, f"{url}step", seen="0").headers["HX-Trigger"])
    page = learner.get(url).content.decode()
    banner = page[page.index('id="standing"') : page.index('id="resume"')]
    text = re.sub(r"\s+", " ", re.sub("<[^>]*>", "", banner))
    assert re.search(r"Time stands still at 0:0\d\.\d\.", text)
    assert "Last step: " in text


def test_the_banner_of_a_pause_without_steps(cluster, url, learner):
    post(learner, f"{url}step")
    post(learner, f"{url}clock", paused="0")
    assert 'id="standing"' not in learner.get(url).content.decode()
    post(learner, f"{url}clock", paused="1")
    page = learner.get(url).content.decode()
    assert "Nothing happens until you step or go on." in page
    assert "Last step" not in page


def test_nothing_to_do_is_said(learner, cluster, url):
    while "toast" not in json.loads((told := post(learner, f"{url}step")).headers["HX-Trigger"]):
        pass
    assert toast(told)["title"] == "Nothing happens by itself."
    assert toast(post(learner, f"{url}skip"))["title"] == "Nothing happens by itself."
    assert clock(cluster).paused


def test_who_steps_a_moment_too_late_is_told_so(cluster, url, people):
    assert post(people["owner"], f"{url}step", seen="0").status_code == 200
    late = post(people["actor"], f"{url}step", seen="0")
    assert late.status_code == 422
    assert toast(late)["text"] == "Somebody else has just taken this step. You see what it did."
    assert steps_of(image(cluster)).count == 1


@pytest.mark.parametrize("seen", ["x", "1.5", "9" * 30, "9" * 5000])
def test_a_count_that_is_none_is_refused(cluster, url, learner, seen):
    before = image(cluster).revision
    assert post(learner, f"{url}step", seen=seen).status_code == 422
    assert image(cluster).revision == before


def test_without_a_script_a_step_leads_back_to_the_page(cluster, url, learner):
    assert learner.post(f"{url}step").url == url


def test_what_is_no_longer_kept_is_not_told():
    class Nothing:
        def at(self, revision):
            return None

    assert told_of(Nothing(), 3, 9) == ""
