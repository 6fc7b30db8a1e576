"""Who may do what at a terminal, also when that changes while somebody sits there."""

import pytest

from clusters import access, actions
from clusters.models import Cluster, File, Grant
from clusters.terminal import command, session
from tests.api.caller import in_thread
from tests.terminal.pages import Page, begun, forever


async def test_a_viewer_only_looks(cluster):
    await Grant.objects.acreate(cluster=cluster, person="bob", role=access.VIEW)
    term = Page(cluster, "bob")
    assert (await term.run("kubectl describe nodes")).code == 0
    ran = await term.run("kubectl delete node node-1")
    assert ran.code == 1
    assert ran.err.startswith('Error from server (Forbidden): nodes "node-1" is forbidden: User "reader"')
    assert ran.notes == ["You may look at this cluster, and change nothing in it."]


async def test_what_may_be_done_is_asked_before_each_command(cluster):
    grant = await Grant.objects.acreate(cluster=cluster, person="bob", role=access.ACT)
    term = Page(cluster, "bob")
    assert (await term.run("kubectl create namespace one")).code == 0
    await Grant.objects.filter(pk=grant.pk).aupdate(role=access.VIEW)
    assert (await term.run("kubectl create namespace two")).code == 1
    await Grant.objects.filter(pk=grant.pk).adelete()
    await term.run("kubectl describe nodes")
    assert term.closed == session.GONE


async def test_a_command_ends_with_the_access(cluster, program, monkeypatch):
    monkeypatch.setattr(command, "RECHECK", 0.01)
    program(forever)
    grant = await Grant.objects.acreate(cluster=cluster, person="bob", role=access.ACT)
    term = Page(cluster, "bob")
    number = await term.start("test")
    await begun(term)
    await Grant.objects.filter(pk=grant.pk).aupdate(role=access.VIEW)
    assert (await term.end(number)).code == 130
    term.sent.clear()
    await term.start("test")
    await begun(term)
    await Grant.objects.filter(pk=grant.pk).adelete()
    await term.until(lambda message: False)
    assert term.closed == session.GONE


async def test_a_terminal_ends_with_its_cluster(term, cluster, program, monkeypatch):
    monkeypatch.setattr(command, "RECHECK", 0.01)
    program(forever)
    await term.start("test")
    await begun(term)
    await in_thread(actions.delete_cluster)(cluster.pk)
    await term.until(lambda message: False)
    assert term.closed == session.GONE
    assert not await Cluster.objects.aexists()


async def test_a_stranger_runs_nothing(cluster):
    term = Page(cluster, "stranger")
    await term.run("kubectl version")
    assert (term.closed, term.sent) == (session.GONE, [])
    term.closed = None
    await term.take(complete="kubectl get ", cursor=12, id=1)
    await term.until(lambda message: False)
    assert (term.closed, term.sent) == (session.GONE, [])


@pytest.mark.parametrize(
    "message", [{"files": True}, {"open": "a"}, {"save": {"name": "a", "text": "b"}}, {"remove": "a"}]
)
async def test_files_are_for_those_who_may_see_the_cluster(cluster, message):
    grant = await Grant.objects.acreate(cluster=cluster, person="bob", role=access.VIEW)
    bob = Page(cluster, "bob")
    await bob.take(save={"name": "a", "text": "x"})
    await Grant.objects.filter(pk=grant.pk).adelete()
    bob.sent.clear()
    await bob.take(**message)
    assert (bob.sent, bob.closed) == ([], session.GONE)
    assert [file.text async for file in File.objects.filter(person="bob")] == ["x"]
