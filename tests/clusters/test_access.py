"""Who may see and touch a cluster: its owner, whoever was let in, and nobody else."""

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import Http404
from django.test import RequestFactory

from clusters import access
from clusters.access import ACT, OWN, VIEW
from clusters.models import Cluster, Grant
from clusters.writer import writer
from tests.clusters.makers import bare_cluster

pytestmark = pytest.mark.django_db

LEARNER, OTHER_LEARNER, INSTRUCTOR, STRANGER = "learner", "other-learner", "instructor", "stranger"


@pytest.fixture
def owned():
    """The learner's cluster."""
    return bare_cluster(owner=LEARNER)


@pytest.fixture
def link():
    """A cluster that nobody owns yet, and the token of its link."""
    token, token_hash = access.new_token()
    return bare_cluster(claim_hash=token_hash), token


def request(user=None, **session):
    made = RequestFactory().get("/")
    made.user, made.session = user or AnonymousUser(), session
    return made


class TestPersons:
    def test_a_newcomer_is_nobody_until_he_is_made_somebody(self):
        newcomer = request()
        assert access.person_of(newcomer) == ""
        person = access.make_person(newcomer)
        assert len(person) == 32
        assert access.person_of(newcomer) == access.make_person(newcomer) == person

    def test_a_user_who_has_logged_in_is_that_user(self):
        user = User.objects.create(username="ada")
        assert access.person_of(request(user, person=STRANGER)) == f"user:{user.pk}"

    def test_a_socket_is_the_person_of_its_session(self):
        assert access.person_of({"user": AnonymousUser(), "session": {"person": LEARNER}}) == LEARNER
        assert access.person_of({"session": {}}) == ""

    def test_no_session_can_name_a_user(self):
        """Ids are hexadecimal; `user:1` comes from a login only."""
        assert ":" not in access.make_person(request())


class TestAccess:
    def test_the_owner_may_do_everything(self, owned):
        for role in (VIEW, ACT, OWN):
            assert access.access_cluster(LEARNER, owned.pk, role) == owned

    @pytest.mark.parametrize("person", [OTHER_LEARNER, STRANGER, ""])
    @pytest.mark.parametrize("role", [VIEW, ACT, OWN])
    def test_others_are_told_that_there_is_none(self, owned, person, role):
        with pytest.raises(Http404):
            access.access_cluster(person, owned.pk, role)

    def test_nobody_does_not_own_what_nobody_owns(self, link):
        with pytest.raises(Http404):
            access.access_cluster("", link[0].pk, VIEW)

    def test_a_cluster_that_does_not_exist_looks_the_same(self):
        with pytest.raises(Http404):
            access.access_cluster(LEARNER, "nowhere")

    def test_a_grant_lets_in_as_far_as_it_says(self, owned):
        Grant.objects.create(cluster=owned, person=INSTRUCTOR, role=VIEW)
        assert access.access_cluster(INSTRUCTOR, owned.pk, VIEW) == owned
        with pytest.raises(Http404):
            access.access_cluster(INSTRUCTOR, owned.pk, ACT)
        Grant.objects.update(role=ACT)
        assert access.access_cluster(INSTRUCTOR, owned.pk, ACT) == owned
        with pytest.raises(Http404):
            access.access_cluster(INSTRUCTOR, owned.pk, OWN)

    def test_use_is_noted_once_an_hour(self, owned, django_assert_num_queries):
        Cluster.objects.filter(pk=owned.pk).update(used_at=1000.0)
        access.access_cluster(LEARNER, owned.pk)
        noted = Cluster.objects.get(pk=owned.pk).used_at
        assert noted > 1000.0
        with django_assert_num_queries(1):
            access.access_cluster(LEARNER, owned.pk)

    def test_a_person_finds_his_clusters_the_last_used_first(self, owned):
        older = bare_cluster(owner=LEARNER, used_at=1000.0)
        lent = bare_cluster(owner=INSTRUCTOR, used_at=2000.0)
        Grant.objects.create(cluster=lent, person=LEARNER, role=ACT)
        Grant.objects.create(cluster=lent, person=OTHER_LEARNER, role=ACT)
        assert list(access.clusters_of(LEARNER)) == [owned, lent, older]
        assert list(access.clusters_of(STRANGER)) == []
        assert list(access.clusters_of("")) == []


class TestLinks:
    def test_the_first_who_opens_it_owns_the_cluster_and_later_ones_may_act(self, link):
        cluster, token = link
        assert access.claim(LEARNER, cluster.pk, token).owner == LEARNER
        assert access.claim(OTHER_LEARNER, cluster.pk, token).owner == LEARNER
        assert access.access_cluster(LEARNER, cluster.pk, OWN)
        assert access.access_cluster(OTHER_LEARNER, cluster.pk, ACT)

    def test_opening_it_again_changes_nothing(self, link):
        cluster, token = link
        for person in (LEARNER, LEARNER, OTHER_LEARNER, OTHER_LEARNER):
            access.claim(person, cluster.pk, token)
        assert Grant.objects.count() == 1

    def test_a_wrong_token_is_no_key(self, link):
        cluster, token = link
        other = bare_cluster()
        for pk, tried in [(cluster.pk, token + "x"), (cluster.pk, ""), (other.pk, ""), (other.pk, token)]:
            with pytest.raises(Http404):
                access.claim(STRANGER, pk, tried)
        assert Cluster.objects.get(pk=cluster.pk).owner == ""

    def test_after_it_was_revoked_only_the_owner_is_left(self, link):
        cluster, token = link
        access.claim(LEARNER, cluster.pk, token)
        access.claim(OTHER_LEARNER, cluster.pk, token)
        Grant.objects.create(cluster=cluster, person=INSTRUCTOR, role=VIEW)
        access.revoke_claim(cluster.pk)
        with pytest.raises(Http404):
            access.claim(STRANGER, cluster.pk, token)
        with pytest.raises(Http404):
            access.access_cluster(OTHER_LEARNER, cluster.pk, VIEW)
        assert access.access_cluster(LEARNER, cluster.pk, OWN)
        assert access.access_cluster(INSTRUCTOR, cluster.pk, VIEW)

    def test_a_viewer_who_holds_the_link_may_act(self, link):
        cluster, token = link
        access.claim(LEARNER, cluster.pk, token)
        Grant.objects.create(cluster=cluster, person=INSTRUCTOR, role=VIEW)
        access.claim(INSTRUCTOR, cluster.pk, token)
        assert access.access_cluster(INSTRUCTOR, cluster.pk, ACT)

    def test_the_token_itself_is_not_stored(self, link):
        cluster, token = link
        assert token not in str(Cluster.objects.filter(pk=cluster.pk).values())


@pytest.mark.django_db(transaction=True)
def test_of_two_who_open_a_link_at_once_one_becomes_the_owner(link):
    cluster, token = link
    writer.start()
    try:
        futures = [
            writer.submit(lambda person=person: access.claim(person, cluster.pk, token))
            for person in (LEARNER, OTHER_LEARNER)
        ]
        owners = {future.result(10).owner for future in futures}
    finally:
        writer.stop()
    assert owners == {LEARNER}
    assert access.access_cluster(OTHER_LEARNER, cluster.pk, ACT)
