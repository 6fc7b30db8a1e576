"""createcluster and purge: what they print, make, remove and refuse."""

import re
import time

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.http import Http404

from clusters import access, memory
from clusters.engine.cluster import REAL, delays_of
from clusters.models import Change, Cluster, Pod
from tests.clusters.makers import bare_cluster, pod, write

pytestmark = pytest.mark.django_db

DAY = 86400


def run(capsys, *arguments):
    call_command(*arguments)
    return capsys.readouterr().out.strip()


class TestCreateCluster:
    def test_it_prints_a_link_that_makes_whoever_opens_it_first_the_owner(self, capsys, settings):
        settings.HOST, settings.PORT, settings.PUBLIC_URL = "127.0.0.1", 8000, ""
        link = run(capsys, "createcluster", "demo")
        found = re.fullmatch(r"http://127\.0\.0\.1:8000/c/([a-z0-9]{12})/\?claim=([\w-]{32})", link)
        assert found, link
        pk, token = found.groups()
        with pytest.raises(Http404):
            access.access_cluster("learner", pk)
        assert access.claim("learner", pk, token).owner == "learner"
        assert memory.image(pk).count("Node") == 3
        assert delays_of(memory.image(pk)) == REAL

    @pytest.mark.parametrize(
        ("public", "host", "start"),
        [
            ("https://lab.example.org", "127.0.0.1", "https://lab.example.org/c/"),
            ("", "0.0.0.0", "http://127.0.0.1:8000/c/"),
            ("", "::1", "http://[::1]:8000/c/"),
            ("", "192.168.1.20", "http://192.168.1.20:8000/c/"),
        ],
    )
    def test_the_link_can_be_typed(self, capsys, settings, public, host, start):
        settings.HOST, settings.PORT, settings.PUBLIC_URL = host, 8000, public
        assert run(capsys, "createcluster", "demo").startswith(start)

    def test_nodes_and_delays_are_chosen(self, capsys):
        run(capsys, "createcluster", "big", "--nodes", "12", "--delays", "none")
        image = memory.image(Cluster.objects.get(name="big").pk)
        assert image.count("Node") == 12
        assert delays_of(image).bandwidth == float("inf")

    def test_a_name_that_exists_is_an_error(self, capsys):
        run(capsys, "createcluster", "demo")
        with pytest.raises(CommandError, match="already a cluster named demo"):
            run(capsys, "createcluster", "demo")
        assert Cluster.objects.count() == 1

    @pytest.mark.parametrize("nodes", ["0", "-1", "101"])
    def test_too_few_and_too_many_nodes_are_an_error(self, capsys, nodes):
        with pytest.raises(CommandError, match="1 to 100 nodes"):
            run(capsys, "createcluster", "demo", "--nodes", nodes)
        assert not Cluster.objects.exists()

    def test_names_have_a_length(self, capsys):
        for name in ("", "x" * 101):
            with pytest.raises(CommandError, match="1 to 100 characters"):
                run(capsys, "createcluster", name)


class TestPurge:
    @pytest.fixture
    def clusters(self):
        """One used a moment ago, one 29 days ago, one 31."""
        made = [bare_cluster(name=name) for name in ("new", "kept", "old")]
        for cluster, days in zip(made, (0, 29, 31), strict=True):
            write(cluster, lambda store: store.create(pod("a")))
            Cluster.objects.filter(pk=cluster.pk).update(used_at=time.time() - days * DAY)
        return made

    def test_a_dry_run_only_says_what_it_would_do(self, capsys, clusters):
        *_, old = clusters
        said = run(capsys, "purge", "--dry-run")
        assert said == f"would remove {old.pk} (old), untouched for 31 days"
        assert Cluster.objects.count() == 3

    def test_what_nobody_touched_for_30_days_goes_with_all_that_belongs_to_it(self, capsys, clusters):
        *kept, old = clusters
        assert run(capsys, "purge") == f"removed {old.pk} (old), untouched for 31 days"
        assert set(Cluster.objects.all()) == set(kept)
        for model in (Change, Pod):
            assert set(model.objects.values_list("cluster", flat=True)) == {cluster.pk for cluster in kept}
        assert run(capsys, "purge") == "nothing to remove"

    def test_opening_a_cluster_keeps_it(self, capsys, clusters):
        *_, old = clusters
        Cluster.objects.filter(pk=old.pk).update(owner="learner")
        access.access_cluster("learner", old.pk, access.VIEW)
        assert run(capsys, "purge") == "nothing to remove"


def test_sessions_that_have_ended_go_with_the_purge(capsys):
    ended, living = SessionStore(), SessionStore()
    for session, seconds in ((ended, -1), (living, 3600)):
        session.set_expiry(seconds)
        session.create()
    run(capsys, "purge", "--dry-run")
    assert Session.objects.count() == 2
    run(capsys, "purge")
    assert [session.session_key for session in Session.objects.all()] == [living.session_key]
