"""The keys of a cluster's API: who holds one may read or write, and nobody else."""

import re

import pytest

from clusters import access, keys
from clusters.keys import READ, WRITE, KeyHolder
from clusters.models import ApiKey
from tests.clusters.makers import bare_cluster

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_cached(monkeypatch):
    monkeypatch.setattr(keys, "_cache", {})


def test_a_key_opens_its_own_cluster_and_says_what_may_be_done(cluster):
    other = bare_cluster()
    assert keys.holder(keys.key_of(cluster.pk, WRITE)) == KeyHolder(cluster.pk, WRITE)
    assert keys.holder(keys.key_of(cluster.pk, READ)) == KeyHolder(cluster.pk, READ)
    assert keys.holder(keys.key_of(other.pk, WRITE)) == KeyHolder(other.pk, WRITE)
    assert len({keys.key_of(c.pk, role) for c in (cluster, other) for role in (READ, WRITE)}) == 4


def test_a_key_has_130_bits_and_stays_what_it_is(cluster):
    key = keys.key_of(cluster.pk, WRITE)
    assert re.fullmatch("[a-z2-7]{26}", key)
    assert keys.key_of(cluster.pk, WRITE) == key


def test_no_key_is_stored(cluster):
    key = keys.key_of(cluster.pk, WRITE)
    assert not any(key in str(value) for row in ApiKey.objects.values() for value in row.values())


@pytest.mark.parametrize("wrong", ["", "a", "x" * 26, "\ud800", "é" * 26, "a" * 100_000])
def test_anything_else_opens_nothing(cluster, wrong):
    keys.key_of(cluster.pk, WRITE)
    assert keys.holder(wrong) is None


def test_what_is_known_needs_no_database(cluster, django_assert_num_queries):
    key = keys.key_of(cluster.pk, WRITE)
    assert keys.known(key) == (False, None)
    keys.holder(key)
    with django_assert_num_queries(0):
        assert keys.known(key) == (True, KeyHolder(cluster.pk, WRITE))
        assert keys.holder(key) == KeyHolder(cluster.pk, WRITE)


def test_a_key_made_after_it_was_tried_works_at_once(cluster, monkeypatch):
    monkeypatch.setattr(keys.secrets, "token_hex", lambda n: "0" * 2 * n)
    key = keys.key_of(cluster.pk, WRITE)
    keys.replace(cluster.pk)
    assert keys.holder(key) is None
    assert keys.key_of(cluster.pk, WRITE) == key
    assert keys.holder(key) == KeyHolder(cluster.pk, WRITE)


def test_replaced_keys_open_nothing_and_new_ones_do(cluster):
    old = [keys.key_of(cluster.pk, role) for role in (READ, WRITE)]
    assert all(keys.holder(key) for key in old)
    keys.replace(cluster.pk)
    assert not any(keys.holder(key) for key in old)
    assert keys.holder(keys.key_of(cluster.pk, WRITE)) == KeyHolder(cluster.pk, WRITE)


def test_whoever_is_shut_out_with_the_link_keeps_no_key():
    token, hashed = access.new_token()
    shared = bare_cluster(owner="instructor", claim_hash=hashed)
    access.claim("learner", shared.pk, token)
    seen = keys.key_of(shared.pk, WRITE)
    access.revoke_claim(shared.pk)
    assert keys.holder(seen) is None


def test_keys_end_with_the_sites_secret_and_are_made_anew(cluster, settings):
    old = keys.key_of(cluster.pk, WRITE)
    settings.SECRET_KEY = "another"
    new = keys.key_of(cluster.pk, WRITE)
    assert new != old
    assert keys.holder(old) is None
    assert keys.holder(new) == KeyHolder(cluster.pk, WRITE)


def test_keys_go_with_their_cluster(cluster):
    key = keys.key_of(cluster.pk, WRITE)
    cluster.delete()
    assert keys.holder(key) is None
