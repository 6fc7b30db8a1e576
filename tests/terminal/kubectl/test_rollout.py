"""kubectl rollout."""

import pytest

WEB = "/apis/apps/v1/namespaces/default/deployments/web"


@pytest.fixture
async def web(kubectl, control_plane):
    """A kubectl whose cluster has a Deployment web that was rolled out twice."""
    await kubectl.ok("create deployment web --image=nginx:1.26")
    await kubectl.ok("rollout status deploy/web")
    await kubectl.ok("annotate deploy web kubernetes.io/change-cause=newer")
    await kubectl.ok("set image deploy/web nginx=nginx:1.27")
    await kubectl.ok("rollout status deploy/web")
    return kubectl


async def image(kubectl):
    return (await kubectl.read(WEB))["spec"]["template"]["spec"]["containers"][0]["image"]


async def test_its_status_is_told_until_it_is_over(kubectl, control_plane):
    await kubectl.ok("create deployment web --image=nginx --replicas=2")
    out = await kubectl.ok("rollout status deployment web")
    assert out.endswith('deployment "web" successfully rolled out\n')


async def test_without_watching_it_is_told_once(kubectl):
    await kubectl.ok("create deployment web --image=nginx")
    assert await kubectl.ok("rollout status deploy/web --watch=false") == (
        "Waiting for deployment spec update to be observed...\n"
    )


async def test_its_revisions_are_listed(web):
    out = await web.ok("rollout history deploy/web")
    assert out.startswith("deployment.apps/web \nREVISION  CHANGE-CAUSE\n1         ")
    assert out.endswith("\n2         newer\n\n")
    out = await web.ok("rollout history deploy/web --revision=1")
    assert out.startswith("deployment.apps/web with revision #1\nPod Template:\n  Labels:\tapp=web\n")
    assert "\n    Image:\tnginx:1.26\n" in out


async def test_it_goes_back(web):
    assert "Image:\tnginx:1.26\n" in await web.ok("rollout undo deploy/web --dry-run=client")
    assert await web.ok("rollout undo deploy/web --dry-run=server") == (
        "deployment.apps/web rolled back (server dry run)\n"
    )
    assert await image(web) == "nginx:1.27"
    assert await web.ok("rollout undo deploy/web") == "deployment.apps/web rolled back\n"
    assert await image(web) == "nginx:1.26"
    await web.until("rollout history deploy/web", "\n3 ")
    assert await web.ok("rollout undo deploy/web --to-revision=3") == (
        "deployment.apps/web skipped rollback (current template already matches revision 3)\n"
    )
    assert await web.refused("rollout undo deploy/web --to-revision=9") == (
        "error: unable to find specified revision 9 in history\n"
    )


async def test_it_is_paused_and_resumed(web):
    assert await web.ok("rollout pause deploy/web") == "deployment.apps/web paused\n"
    assert await web.refused("rollout pause deploy/web") == (
        'error: deployments.apps "web" is already paused\n'
    )
    assert await web.refused("rollout restart deploy/web") == (
        'error: deployments.apps "web" can\'t restart paused deployment (run rollout resume first)\n'
    )
    assert await web.refused("rollout undo deploy/web") == (
        "error: you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and "
        "try again\n"
    )
    assert await web.ok("rollout resume deploy/web") == "deployment.apps/web resumed\n"
    assert await web.refused("rollout resume deploy/web") == 'error: deployments.apps "web" is not paused\n'


async def test_a_restart_is_a_change_of_the_template(web):
    assert await web.ok("rollout restart deploy/web") == "deployment.apps/web restarted\n"
    metadata = (await web.read(WEB))["spec"]["template"]["metadata"]
    assert "kubectl.kubernetes.io/restartedAt" in metadata["annotations"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("status", "required resource not specified"),
        ("status node/node-1", "no status viewer has been implemented for Node"),
        ("status deploy/web --revision=-1", "revision must be a positive integer: -1"),
        ("history node/node-1", 'error retrieving history for "Node", no visitor method exists for { Node}'),
        ("pause node/node-1", 'nodes "node-1" pausing is not supported'),
        ("undo node/node-1", 'error retrieving rollbacker for "Node", no visitor method exists for { Node}'),
    ],
)
async def test_what_cannot_be_rolled_out_is_refused(kubectl, words, said):
    assert await kubectl.refused(f"rollout {words}") == f"error: {said}\n"


async def test_nothing_is_found_in_an_empty_namespace(kubectl):
    done = await kubectl("rollout status deploy")
    assert done == ("", "No resources found in default namespace.\n", 0)
