"""The timeline's URL: who may see it, as a part of the page or as a page of its own."""

import pytest

from clusters import actions, memory
from clusters.models import Cluster
from clusters.web.timeline import PAGE

pytestmark = pytest.mark.django_db
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def fresh_memory():
    """What other tests held of clusters with rolled-back rows is not ours."""
    memory.drop_all()


@pytest.fixture
def cluster(learner):
    learner.post("/sandbox/")
    return Cluster.objects.get()


@pytest.fixture
def url(cluster):
    return f"/c/{cluster.pk}/timeline"


def get(client, url, **query):
    response = client.get(url, query, headers=FRAGMENT)
    assert response.status_code == 200
    return response.content.decode()


def test_another_persons_timeline_is_not_there(url, stranger, other_learner):
    other_learner.post("/sandbox/")
    for somebody in (stranger, other_learner):
        assert somebody.get(url).status_code == 404
        assert somebody.get(url, headers=FRAGMENT).status_code == 404


def test_a_timeline_changes_nothing(learner, url, cluster):
    before = memory.image(cluster.pk).revision
    get(learner, url, component="person", before="3")
    assert learner.post(url).status_code == 405
    assert memory.image(cluster.pk).revision == before


def test_it_is_a_page_without_a_script(learner, url):
    page = learner.get(url).content.decode()
    assert page.count('id="timeline"') == 1
    assert f'href="{url.removesuffix("timeline")}"' in page
    assert 'id="g-kubelet"' in page
    assert "style=" not in page
    fragment = get(learner, url)
    assert "<html" not in fragment
    assert fragment in page


def test_the_clusters_page_leads_there(learner, url):
    page = learner.get(url.removesuffix("timeline")).content.decode()
    assert f'href="{url}"' in page


def test_what_a_person_does_is_the_newest_line(learner, url, cluster):
    learner.post(
        f"/c/{cluster.pk}/replicationcontrollers/", {"name": "kubia", "image": "luksa/kubia", "replicas": 1}
    )
    first = get(learner, url, component="person").partition('class="timeline-line"')[2]
    assert "created ReplicationController" in first.partition("</li>")[0]


def test_a_page_has_an_end_and_leads_on(learner, url, cluster):
    for number in range(PAGE + 1):
        actions.set_clock(cluster.pk, "bench", speed=[5, 1][number % 2])
    fragment = get(learner, url, kind="Cluster")
    assert fragment.count("data-goto=") == PAGE
    assert 'id="timeline-earlier"' in fragment
    before = fragment.rpartition("before=")[2].partition('"')[0]
    assert get(learner, url, kind="Cluster", before=before).count("data-goto=") >= 1
