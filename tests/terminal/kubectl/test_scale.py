"""kubectl scale."""

import pytest

CONTROLLER = "/api/v1/namespaces/default/replicationcontrollers/web"


@pytest.fixture
async def web(kubectl):
    """A kubectl in book mode, whose cluster has a ReplicationController web with one replica."""
    kubectl.book_mode = True
    await kubectl("run web --image=nginx --generator=run/v1")
    return kubectl


async def test_it_says_how_many_there_are_to_be(web):
    assert await web.ok("scale rc web --replicas=3") == "replicationcontroller/web scaled\n"
    assert (await web.read(CONTROLLER))["spec"]["replicas"] == 3


async def test_dry_runs_scale_nothing(web):
    assert await web.ok("scale rc web --replicas=3 --dry-run=client") == (
        "replicationcontroller/web scaled (dry run)\n"
    )
    assert await web.ok("scale rc web --replicas=3 --dry-run=server") == (
        "replicationcontroller/web scaled (server dry run)\n"
    )
    assert (await web.read(CONTROLLER))["spec"]["replicas"] == 1


async def test_it_scales_only_what_is_as_expected(web):
    assert await web.refused("scale rc web --replicas=3 --current-replicas=2") == (
        "error: Expected replicas to be 2, was 1\n"
    )
    assert await web.ok("scale rc web --replicas=3 --current-replicas=1") == (
        "replicationcontroller/web scaled\n"
    )


async def test_it_waits_until_they_are_there(web, control_plane):
    await web.ok("scale rc web --replicas=3 --timeout=20s")
    assert (await web.read(CONTROLLER))["status"]["replicas"] == 3


async def test_it_does_not_wait_for_ever(web):
    assert await web.refused("scale rc web --replicas=3 --timeout=1ms") == (
        'error: timed out waiting for "web" to be synced\n'
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("rc web", 'error: required flag(s) "replicas" not set\n'),
        (
            "rc web --replicas=-1",
            "error: The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0\n",
        ),
        ("rc -l a=b --replicas=1", "error: no objects passed to scale\n"),
        (
            "rc nope --replicas=1",
            'Error from server (NotFound): replicationcontrollers "nope" not found\n',
        ),
        (
            "node node-1 --replicas=1",
            "Error from server (NotFound): the server could not find the requested resource\n",
        ),
    ],
)
async def test_what_cannot_be_scaled_is_refused(web, words, said):
    assert await web.refused(f"scale {words}") == said
