"""kubectl cordon, uncordon and drain."""

import asyncio

import pytest

NODE = "/api/v1/nodes/node-1"
UNMANAGED = "cannot delete Pods that declare no controller (use --force to override): default/x"
LOCAL = """\
apiVersion: v1
kind: Pod
metadata: {name: local}
spec:
  containers: [{name: c, image: nginx}]
  volumes: [{name: v, emptyDir: {}}]
"""


async def test_a_node_is_cordoned_once(kubectl):
    assert await kubectl.ok("cordon node-1 --dry-run=client") == "node/node-1 cordoned (dry run)\n"
    assert await kubectl.ok("cordon node-1") == "node/node-1 cordoned\n"
    assert (await kubectl.read(NODE))["spec"]["unschedulable"] is True
    assert await kubectl.ok("cordon node-1") == "node/node-1 already cordoned\n"
    assert await kubectl.ok("uncordon node-1") == "node/node-1 uncordoned\n"
    assert "unschedulable" not in (await kubectl.read(NODE))["spec"]
    assert await kubectl.ok("uncordon -l kubernetes.io/hostname=node-1") == "node/node-1 already uncordoned\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("drain", "error: USAGE: drain NODE [flags]\nSee 'kubectl drain -h' for help and examples\n"),
        (
            "cordon node-1 -l a=b",
            "error: cannot specify both a node name and a --selector option\n"
            "See 'kubectl cordon -h' for help and examples\n",
        ),
        ("drain nope", 'Error from server (NotFound): nodes "nope" not found\n'),
        (
            "drain node-1 --pod-selector=a=b=c",
            "error: --pod-selector=<pod_selector> must be a valid label selector\n",
        ),
    ],
)
async def test_what_is_wrong_is_said(kubectl, line, said):
    assert await kubectl.refused(line) == said


@pytest.fixture
async def pod(kubectl, control_plane):
    """A kubectl whose cluster has a pod x that runs."""
    await kubectl.ok("run x --image=nginx")
    await kubectl.until("get pods", "Running")
    return kubectl


async def test_pods_that_nobody_would_make_again_are_spared(pod):
    done = await pod("drain node-1")
    assert done == (
        "node/node-1 cordoned\n",
        f'error: unable to drain node "node-1" due to error: {UNMANAGED}, continuing command...\n'
        f"There are pending nodes to be drained:\n node-1\n{UNMANAGED}\n",
        1,
    )


async def test_force_evicts_them(pod):
    done = await pod("drain node-1 --force --grace-period=0")
    assert done == (
        "node/node-1 cordoned\nevicting pod default/x\npod/x evicted\nnode/node-1 drained\n",
        "Warning: deleting Pods that declare no controller: default/x\n",
        0,
    )


async def test_pods_with_local_data_are_spared_as_well(pod):
    await pod.ok("create -f local.yaml", local_yaml=LOCAL)
    await pod.until("get pods", "local   1/1")
    done = await pod("drain node-1 --force --pod-selector=run!=x")
    assert "Pods with local storage (use --delete-emptydir-data to override): default/local" in done.err
    done = await pod("drain node-1 --force --delete-emptydir-data --pod-selector=run!=x --dry-run=client")
    assert done.out == (
        "node/node-1 already cordoned (dry run)\nevicting pod default/local (dry run)\n"
        "node/node-1 drained (dry run)\n"
    )


async def test_deleting_asks_no_budget(pod):
    await pod.ok("create pdb keep --selector=run=x --min-available=1")
    done = await pod("drain node-1 --force --disable-eviction")
    assert done.out == "node/node-1 cordoned\npod/x deleted\nnode/node-1 drained\n"


async def test_a_budget_is_asked_again_until_the_time_is_up(pod):
    await pod.ok("create pdb keep --selector=run=x --min-available=1")
    await pod.until("get pdb", "keep   1               N/A               0 ")
    pod.sleep = lambda _seconds: asyncio.sleep(0)
    done = await pod("drain node-1 --force --timeout=50ms")
    assert done.code == 1
    assert (
        'error when evicting pods/"x" -n "default" (will retry after 5s): Cannot evict pod as it would '
        "violate the pod's disruption budget.\n"
    ) in done.err
    assert 'error when evicting pods/"x" -n "default": global timeout reached: 50ms' in done.err
    assert "There are pending pods in node" in done.err
