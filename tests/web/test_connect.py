"""Connect with kubectl: who gets which key, and how."""

import re

import pytest
import yaml

from clusters import keys
from clusters.access import PERSON
from clusters.keys import READ, WRITE, KeyHolder
from clusters.models import Cluster, Grant

pytestmark = pytest.mark.django_db


@pytest.fixture
def cluster(learner):
    """The learner's own sandbox."""
    page = learner.post("/sandbox/")
    return Cluster.objects.get(pk=re.fullmatch("/c/([a-z0-9]+)/", page["Location"])[1])


@pytest.fixture
def viewer(cluster, other_learner):
    """Somebody who may look at it."""
    session = other_learner.session
    session[PERSON] = "other"
    session.save()
    Grant.objects.create(cluster=cluster, person="other", role=Grant.Role.VIEW)
    return other_learner


def opened_by(answer):
    """What the keys in an answer open."""
    found = re.findall(r"/k8s/([a-z2-7]{26})", answer.content.decode())
    return {keys.holder(key) for key in found}


def test_the_page_holds_no_key_until_somebody_opens_that_part(learner, cluster):
    page = learner.get(f"/c/{cluster.pk}/").content.decode()
    assert "Connect with kubectl" in page
    assert "/k8s/" not in page
    assert opened_by(learner.get(f"/c/{cluster.pk}/connect")) == {KeyHolder(cluster.pk, WRITE)}


def test_commands_name_the_address_by_which_the_page_was_reached(learner, cluster, settings):
    settings.ALLOWED_HOSTS = ["lab.example.org"]
    shown = learner.get(f"/c/{cluster.pk}/connect", headers={"host": "lab.example.org:8080"}).content.decode()
    assert (
        f"kubectl config set-cluster lifelines-{cluster.pk} --server=http://lab.example.org:8080/k8s/"
        in shown
    )
    settings.PUBLIC_URL = "https://class.example.org"
    shown = learner.get(f"/c/{cluster.pk}/connect", headers={"host": "lab.example.org"}).content.decode()
    assert "--server=https://class.example.org/k8s/" in shown


def test_the_file_is_a_kubeconfig_for_kubectl(learner, cluster):
    answer = learner.get(f"/c/{cluster.pk}/kubeconfig")
    assert answer["Content-Disposition"] == f'attachment; filename="lifelines-{cluster.pk}.kubeconfig"'
    assert answer["Cache-Control"].startswith("max-age=0")
    assert yaml.safe_load(answer.content)["kind"] == "Config"
    assert opened_by(answer) == {KeyHolder(cluster.pk, WRITE)}
    read_only = learner.get(f"/c/{cluster.pk}/kubeconfig?read_only=1")
    assert opened_by(read_only) == {KeyHolder(cluster.pk, READ)}


def test_who_may_only_look_gets_the_key_that_only_reads(viewer, cluster):
    assert opened_by(viewer.get(f"/c/{cluster.pk}/connect")) == {KeyHolder(cluster.pk, READ)}
    assert opened_by(viewer.get(f"/c/{cluster.pk}/kubeconfig?read_only=1")) == {KeyHolder(cluster.pk, READ)}
    assert viewer.get(f"/c/{cluster.pk}/kubeconfig").status_code == 404
    assert viewer.post(f"/c/{cluster.pk}/keys/replace").status_code == 404


@pytest.mark.parametrize("path", ["connect", "kubeconfig", "kubeconfig?read_only=1"])
def test_a_stranger_gets_nothing(stranger, cluster, path):
    assert stranger.get(f"/c/{cluster.pk}/{path}").status_code == 404


def test_the_owner_replaces_the_keys(learner, cluster):
    (before,) = {
        *re.findall(r"/k8s/([a-z2-7]{26})", learner.get(f"/c/{cluster.pk}/connect").content.decode())
    }
    answer = learner.post(f"/c/{cluster.pk}/keys/replace", headers={"HX-Request": "true"})
    assert "no longer work" in answer["HX-Trigger"]
    assert keys.holder(before) is None
    (after,) = {*re.findall(r"/k8s/([a-z2-7]{26})", learner.get(f"/c/{cluster.pk}/connect").content.decode())}
    assert keys.holder(after) == KeyHolder(cluster.pk, WRITE)
