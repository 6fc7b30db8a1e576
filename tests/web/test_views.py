"""Pages and commands: who may see and do what, and what a wrong request is answered."""

import json
import re

import pytest
from django.test import Client, override_settings
from django.utils import translation

from clusters import access, actions, memory
from clusters.engine.objects import Key
from clusters.models import Cluster, Grant

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
FORM = {**HTMX, "HX-Target": "div"}
RC = {"name": "kubia", "image": "luksa/kubia", "replicas": "3"}

COMMANDS = [
    "clock",
    "clock/role",
    "step",
    "skip",
    "cloud",
    "book",
    "apply",
    "nodes/",
    "nodes/node-1/power",
    "nodes/node-1/kubelet",
    "nodes/node-1/delete",
    "components/default-scheduler",
    "pulls",
    "pods/default/kubia-aaaaa/kill",
    "pods/default/kubia-aaaaa/delete",
    "replicationcontrollers/",
    "replicationcontrollers/default/kubia/scale",
    "replicationcontrollers/default/kubia/delete",
    "services/",
    "services/default/kubia/delete",
]


@pytest.fixture(autouse=True)
def fresh_memory():
    """What other tests held of clusters with rolled-back rows is not ours."""
    memory.drop_all()


@pytest.fixture
def cluster(learner):
    """The learner's own sandbox."""
    learner.post("/sandbox/")
    return Cluster.objects.get()


@pytest.fixture
def url(cluster):
    return f"/c/{cluster.pk}/"


def toast(response):
    return json.loads(response.headers["HX-Trigger"])["toast"]


def objects(cluster, kind):
    return memory.image(cluster.pk).list(kind)


def test_the_landing_page_creates_nothing(learner):
    assert learner.get("/").status_code == 200
    assert not Cluster.objects.exists()


def test_a_newcomer_gets_a_cluster_of_three_nodes(learner):
    response = learner.post("/sandbox/", follow=True)
    assert response.status_code == 200
    cluster = Cluster.objects.get()
    assert response.redirect_chain == [(f"/c/{cluster.pk}/", 302)]
    names = [node["metadata"]["name"] for node in objects(cluster, "Node")]
    assert names == ["node-1", "node-2", "node-3"]


def test_a_get_never_makes_a_cluster(learner):
    assert learner.get("/sandbox/").status_code == 405
    assert not Cluster.objects.exists()


def test_the_second_time_the_same_cluster_is_opened(learner, cluster):
    assert learner.post("/sandbox/").url == f"/c/{cluster.pk}/"
    assert Cluster.objects.count() == 1


def test_the_page_is_complete_without_a_script(learner, url, cluster):
    page = learner.get(url).content.decode()
    for name in ("node-1", "node-2", "node-3"):
        assert f'data-kind="Node" data-name="{name}"' in page
    for element in ("map", "map-table", "lifelines", "inspector", "clock", "controls", "guide", "workloads"):
        assert len(re.findall(f'id="{element}"', page)) == 1, element
    assert "style=" not in page
    assert not re.search(r"\son\w+=", page)


def test_ids_on_the_page_are_unique(learner, url, cluster):
    learner.post(f"{url}replicationcontrollers/", RC)
    ids = re.findall(r'\sid="([^"]+)"', learner.get(url).content.decode())
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_are_posts(learner, url, command):
    assert learner.get(url + command).status_code == 405


@pytest.mark.parametrize("command", COMMANDS)
def test_another_persons_cluster_is_not_there(cluster, url, stranger, other_learner, command):
    other_learner.post("/sandbox/")
    before = memory.image(cluster.pk).revision
    for somebody in (stranger, other_learner):
        assert somebody.post(url + command, {**RC, "on": "0", "speed": "5"}).status_code == 404
    assert memory.image(cluster.pk).revision == before


def test_another_persons_page_is_not_there(cluster, url, stranger, other_learner):
    other_learner.post("/sandbox/")
    for somebody in (stranger, other_learner):
        assert somebody.get(url).status_code == 404
        assert somebody.get(f"{url}inspect/Node/-/node-1").status_code == 404


def test_whoever_may_only_view_changes_nothing(cluster, url, instructor):
    instructor.post("/sandbox/")
    person = instructor.session[access.PERSON]
    Grant.objects.create(cluster=cluster, person=person, role=Grant.Role.VIEW)
    assert instructor.get(url).status_code == 200
    assert instructor.post(f"{url}nodes/").status_code == 404
    assert len(objects(cluster, "Node")) == 3


@pytest.mark.parametrize("command", COMMANDS)
def test_a_form_of_another_site_is_refused(learner, cluster, url, command):
    careful = Client(enforce_csrf_checks=True)
    careful.cookies = learner.cookies
    assert careful.post(url + command, RC).status_code == 403


def test_the_pages_own_token_is_accepted(learner, cluster, url):
    careful = Client(enforce_csrf_checks=True)
    careful.cookies = learner.cookies
    page = careful.get(url).content.decode()
    token = re.search(r'hx-headers:inherited=\'\{"X-CSRFToken": "(\w+)"\}', page)[1]
    assert careful.post(f"{url}nodes/", headers={"X-CSRFToken": token, **HTMX}).status_code == 200
    assert len(objects(cluster, "Node")) == 4


def test_create_scale_expose_and_delete(learner, cluster, url):
    assert learner.post(f"{url}replicationcontrollers/", RC, headers=FORM).status_code == 200
    assert objects(cluster, "ReplicationController")[0]["spec"]["replicas"] == 3
    path = f"{url}replicationcontrollers/default/kubia"
    assert "5" in toast(learner.post(f"{path}/scale", {"replicas": "5"}, headers=HTMX))["title"]
    assert objects(cluster, "ReplicationController")[0]["spec"]["replicas"] == 5
    service = {
        "controller": "ReplicationController/default/kubia",
        "name": "kubia",
        "type": "LoadBalancer",
        "port": "80",
        "target_port": "8080",
    }
    assert learner.post(f"{url}services/", service, headers=FORM).status_code == 200
    made = memory.image(cluster.pk).get("Service", "default", "kubia")
    assert made["spec"]["selector"] == {"app": "kubia"}
    assert made["spec"]["ports"][0]["targetPort"] == 8080
    assert learner.post(f"{url}services/default/kubia/delete", headers=HTMX).status_code == 200
    assert memory.image(cluster.pk).get("Service", "default", "kubia") is None
    assert learner.post(f"{path}/delete", headers=HTMX).status_code == 200


def test_the_clock_and_the_cloud(learner, cluster, url):
    from clusters.engine.cluster import clock_of, has_cloud

    learner.post(f"{url}clock", {"speed": "20"}, headers=HTMX)
    learner.post(f"{url}clock", {"paused": "1"}, headers=HTMX)
    clock = clock_of(memory.image(cluster.pk))
    assert (clock.speed, clock.paused) == (20, True)
    learner.post(f"{url}cloud", headers=HTMX)
    assert not has_cloud(memory.image(cluster.pk))
    assert learner.post(f"{url}clock", {"speed": "1000"}, headers=HTMX).status_code == 422
    assert clock_of(memory.image(cluster.pk)).speed == 20


def test_the_book_mode_is_switched_on_and_off(learner, cluster, url):
    from clusters.engine.cluster import in_book_mode

    assert not in_book_mode(memory.image(cluster.pk))
    assert "Book mode: commands" not in banners(learner, url)
    learner.post(f"{url}book", {"book": "1"}, headers=HTMX)
    assert in_book_mode(memory.image(cluster.pk))
    assert "Book mode: commands" in banners(learner, url)
    learner.post(f"{url}book", headers=HTMX)
    assert not in_book_mode(memory.image(cluster.pk))


def test_the_runtime_has_the_name_that_it_has_in_the_book(learner, cluster, url):
    assert ">containerd (Docker)</text>" in learner.get(url).content.decode()
    learner.post(f"{url}book", {"book": "1"}, headers=HTMX)
    page = learner.get(url).content.decode()
    assert page.count(">Docker</text>") == 3
    assert ">containerd (Docker)</text>" not in page


def banners(learner, url):
    """The line of banners on the page."""
    page = learner.get(url).content.decode()
    return re.search(r'<div class="banners".*?</div>\n(?=<)', page, re.DOTALL)[0]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "Bad_Name"}, "metadata.name: Invalid value"),
        ({"replicas": "-1"}, "must be greater than or equal to 0"),
        ({"replicas": "many"}, "Enter a whole number"),
        ({"name": ""}, "Name: This field is required"),
    ],
)
def test_a_wrong_form_gets_the_reason_and_changes_nothing(learner, cluster, url, fields, words):
    response = learner.post(f"{url}replicationcontrollers/", RC | fields, headers=FORM)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert "HX-Trigger" not in response.headers
    assert not objects(cluster, "ReplicationController")


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ("a: [", "yaml: line 2"),
        ("apiVersion: v1\nkind: Nothing\nmetadata: {name: x}", 'no matches for kind "Nothing"'),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: []}", "spec.containers"),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: a, image: b}], f: 1}",
            'unknown field "spec.f"',
        ),
    ],
)
def test_a_wrong_manifest_gets_kubernetes_words(learner, cluster, url, manifest, words):
    response = learner.post(f"{url}apply", {"manifest": manifest}, headers=FORM)
    assert response.status_code == 422
    # The test client escapes as a browser would see it.
    assert words in response.content.decode().replace("&quot;", '"')
    assert not objects(cluster, "Pod")


@pytest.mark.parametrize("size", [256 * 1024 + 1, 3_000_000])
def test_a_manifest_that_is_too_large_gets_the_reason(learner, url, size):
    response = learner.post(f"{url}apply", {"manifest": "#" * size}, headers=FORM)
    assert response.status_code == 422
    assert "Request entity too large: limit is 262144" in response.content.decode()
    assert "<html" not in response.content.decode()


def test_one_wrong_object_spoils_the_whole_manifest(learner, cluster, url):
    good = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: a, image: b}]}"
    response = learner.post(f"{url}apply", {"manifest": f"{good}\n---\n{good}\n  bad: ["}, headers=FORM)
    assert response.status_code == 422
    assert not objects(cluster, "Pod")


def test_apply_says_what_kubectl_says(learner, cluster, url):
    manifest = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: a, image: b}]}"
    told = [toast(learner.post(f"{url}apply", {"manifest": manifest}, headers=FORM))["text"] for _ in "12"]
    assert told == ["pod/x created", "pod/x unchanged"]


def test_kill_tells_how_long_it_has(learner, cluster, url):
    manifest = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: a, image: b}]}"
    learner.post(f"{url}apply", {"manifest": manifest}, headers=FORM)
    told = toast(learner.post(f"{url}pods/default/x/kill", {"force": "1"}, headers=HTMX))
    assert told["title"] == "You killed x."
    assert not objects(cluster, "Pod")
    gone = learner.post(f"{url}pods/default/x/kill", headers=HTMX)
    assert gone.status_code == 422
    assert 'pods "x" not found' in toast(gone)["text"]
    assert toast(gone)["tone"] == "fail"


def test_power_and_nodes(learner, cluster, url):
    learner.post(f"{url}nodes/node-1/power", {"on": "0"}, headers=HTMX)
    assert memory.image(cluster.pk).get("Node", "", "node-1")["simulation"]["powered"] is False
    learner.post(f"{url}nodes/node-1/power", {"on": "1"}, headers=HTMX)
    assert memory.image(cluster.pk).get("Node", "", "node-1")["simulation"]["powered"] is True
    assert "node-4" in toast(learner.post(f"{url}nodes/", headers=HTMX))["title"]
    learner.post(f"{url}nodes/node-4/delete", headers=HTMX)
    assert memory.image(cluster.pk).get("Node", "", "node-4") is None


def test_without_a_script_a_form_leads_back_to_the_page(learner, cluster, url):
    assert learner.post(f"{url}replicationcontrollers/", RC).url == url
    wrong = learner.post(f"{url}replicationcontrollers/", RC)
    assert wrong.status_code == 422
    assert "already exists" in wrong.content.decode()


def test_html_in_names_is_text(learner, cluster, url):
    manifest = (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n  annotations: {a: '<script>x</script>'}\n"
        "spec: {containers: [{name: a, image: '<b>x</b>'}]}"
    )
    learner.post(f"{url}apply", {"manifest": manifest}, headers=FORM)
    for page in (url, f"{url}inspect/Pod/default/x", f"{url}inspect/Pod/default/x?tab=yaml"):
        text = learner.get(page).content.decode()
        assert "<b>x" not in text
        assert "<script>x" not in text


def test_what_the_inspector_shows(learner, cluster, url):
    found = learner.get(f"{url}inspect/Node/-/node-1")
    assert found.status_code == 200
    assert 'id="inspector"' in found.content.decode()
    assert learner.get(f"{url}inspect/Node/-/node-9").status_code == 404
    assert learner.get(f"{url}inspect/Cluster/-/cluster").status_code == 404


def test_a_link_makes_its_first_holder_the_owner_and_hides_the_token(learner, other_learner, stranger):
    cluster, token = actions.create_named_cluster("demo", nodes=1)
    url = f"/c/{cluster.pk}/"
    response = learner.get(f"{url}?claim={token}")
    assert (response.status_code, response.url) == (302, url)
    assert learner.get(url).status_code == 200
    assert other_learner.get(f"{url}?claim={token}", follow=True).status_code == 200
    assert other_learner.post(f"{url}nodes/", headers=HTMX).status_code == 200
    assert stranger.get(f"{url}?claim=wrong").status_code == 404
    assert stranger.get(url).status_code == 404
    cluster.refresh_from_db()
    assert cluster.owner == learner.session[access.PERSON]
    access.revoke_claim(cluster.pk)
    assert other_learner.get(url).status_code == 404
    assert learner.get(url).status_code == 200


def test_the_owner_alone_may_stop_sharing_the_link(learner, other_learner, stranger):
    cluster, token = actions.create_named_cluster("demo", nodes=1)
    url, button = f"/c/{cluster.pk}/", "Stop sharing the link"
    for client in (learner, other_learner):
        client.get(f"{url}?claim={token}")
    assert button in learner.get(url).content.decode()
    assert button not in other_learner.get(url).content.decode()
    for client in (other_learner, stranger):
        assert client.post(f"{url}revoke", headers=HTMX).status_code == 404
    assert other_learner.get(url).status_code == 200
    response = learner.post(f"{url}revoke", headers=HTMX)
    assert toast(response) == {
        "title": "The link no longer works.",
        "text": "Whoever came with it is shut out. You stay.",
    }
    assert other_learner.get(url).status_code == 404
    assert stranger.get(f"{url}?claim={token}").status_code == 404
    assert button not in learner.get(url).content.decode()


def test_a_cluster_without_a_link_has_none_to_stop_sharing(learner, cluster, url):
    assert "Stop sharing the link" not in learner.get(url).content.decode()


def test_the_clock_names_the_field_that_it_refuses_as_people_know_it(learner, cluster, url):
    answer = learner.post(f"{url}clock", {"speed": "3", "paused": "yes"}, headers=HTMX)
    assert answer.status_code == 422
    assert "Speed: " in answer.content.decode()
    assert "Pause: " in answer.content.decode()


def test_a_look_ahead_claims_nothing(learner):
    cluster, token = actions.create_named_cluster("demo", nodes=1)
    learner.head(f"/c/{cluster.pk}/?claim={token}")
    cluster.refresh_from_db()
    assert cluster.owner == ""


@override_settings(LANGUAGES=[("en", "English"), ("ko", "한국어")])
def test_the_page_speaks_the_readers_language_and_remembers_it(learner, cluster, url):
    assert learner.post("/language/", {"language": "ko", "next": url}).status_code == 302
    page = learner.get(url)
    assert '<html lang="ko"' in page.content.decode()
    translation.deactivate()


def test_a_layout_cookie_is_only_a_hint(learner, cluster, url):
    learner.cookies["layout"] = "phone"
    assert 'data-layout="phone"' in learner.get(url).content.decode()
    learner.cookies["layout"] = "../../etc"
    assert 'data-layout="wide"' in learner.get(url).content.decode()


def test_a_phone_is_drawn_for_at_once(learner, cluster, url):
    page = learner.get(url, headers={"User-Agent": "Mozilla/5.0 (iPhone) Mobile/15E148"})
    assert 'data-layout="phone"' in page.content.decode()


def test_a_removed_cluster_is_not_there(learner, cluster, url):
    learner.get(url)
    actions.delete_cluster(cluster.pk)
    assert learner.get(url).status_code == 404
    assert learner.post(f"{url}nodes/", headers=HTMX).status_code == 404


def test_the_key_of_the_internal_cluster_object_is_hidden(learner, cluster, url):
    assert memory.image(cluster.pk).get(*Key("Cluster", "", "cluster")) is not None
    assert learner.get(f"{url}inspect/Cluster/-/cluster").status_code == 404
