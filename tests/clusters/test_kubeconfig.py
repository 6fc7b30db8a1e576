"""manage.py kubeconfig: the file with which kubectl finds a cluster."""

import pytest
import yaml
from django.core.management import CommandError, call_command

from clusters import keys
from clusters.keys import READ, WRITE, KeyHolder
from clusters.models import Cluster
from tests.clusters.makers import bare_cluster

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _address(settings):
    settings.HOST, settings.PORT, settings.PUBLIC_URL = "127.0.0.1", 8000, ""


@pytest.fixture
def printed(capsys):
    """printed(...) runs the command and returns the file as an object."""

    def run(*arguments):
        call_command("kubeconfig", *arguments)
        return yaml.safe_load(capsys.readouterr().out)

    return run


def server(config):
    return config["clusters"][0]["cluster"]["server"]


def test_it_names_the_cluster_by_a_key_that_writes(printed):
    cluster = bare_cluster(name="demo", made_by_command=True)
    config = printed("demo")
    start, _, key = server(config).rpartition("/")
    assert start == "http://127.0.0.1:8000/k8s"
    assert keys.holder(key) == KeyHolder(cluster.pk, WRITE)
    (context,) = config["contexts"]
    assert config["current-context"] == context["name"] == f"lifelines-{cluster.pk}"
    assert context["context"]["cluster"] == config["clusters"][0]["name"]
    assert context["context"]["user"] == config["users"][0]["name"]
    assert config["users"][0]["user"] == {}


def test_a_cluster_is_found_by_its_id_too_and_again_by_the_same_key(printed):
    cluster = bare_cluster(name="demo", made_by_command=True)
    assert printed(cluster.pk) == printed("demo")


def test_the_read_only_key_is_another(printed):
    cluster = bare_cluster()
    key = server(printed(cluster.pk, "--read-only")).rpartition("/")[2]
    assert keys.holder(key) == KeyHolder(cluster.pk, READ)


def test_over_https_the_key_is_not_in_the_address(printed):
    cluster = bare_cluster()
    config = printed(cluster.pk, "--host", "https://lab.example.org/")
    assert server(config) == f"https://lab.example.org/k8s/{cluster.pk}"
    assert keys.holder(config["users"][0]["user"]["token"]) == KeyHolder(cluster.pk, WRITE)


@pytest.mark.parametrize("host", ["lab.example.org", "ftp://x", "http://", "http://[::1"])
def test_an_address_that_is_none_is_an_error(host):
    cluster = bare_cluster()
    with pytest.raises(CommandError, match="--host: "):
        call_command("kubeconfig", cluster.pk, "--host", host)


def test_a_cluster_that_there_is_not_is_an_error():
    with pytest.raises(CommandError, match="no cluster with the name or id nothing"):
        call_command("kubeconfig", "nothing")
    assert not Cluster.objects.exists()
