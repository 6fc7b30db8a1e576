"""How long kubectl is told to wait is time of the cluster: while its clock stands, nobody's patience ends."""

import asyncio

import pytest

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: p, finalizers: [x/y]}
spec: {containers: [{name: c, image: nginx}]}
"""
LIMITS = {
    "wait pod/p --for=condition=Ready --timeout=30s": "timed out waiting for the condition on pods/p",
    "wait pod/p --for=delete --timeout=30s": "timed out waiting for the condition on pods/p",
    "wait pod/none --for=create --timeout=30s": "timed out waiting for the condition",
    "delete pod p --timeout=30s": "timed out waiting for the condition on pods/p",
    "replace --force -f p.yaml --timeout=30s": "context deadline exceeded",
    "rollout status deployment/web --timeout=30s": "timed out waiting for the condition",
    "attach deployment/web --pod-running-timeout=30s": "timed out waiting for the condition",
}


class Clock:
    """A cluster's clock that stands until somebody lets it go on."""

    def __init__(self):
        self.asked = asyncio.Queue()
        self.goes = asyncio.Event()

    async def sleep(self, seconds):
        self.asked.put_nowait(seconds)
        await self.goes.wait()


@pytest.mark.parametrize("line", LIMITS)
async def test_it_is_the_clusters_clock_that_ends_it(kubectl, line):
    await kubectl.ok("create deployment web --image=nginx")
    await kubectl.ok("create -f p.yaml", p_yaml=POD)
    clock = Clock()
    kubectl.sleep = clock.sleep
    waiting = asyncio.create_task(kubectl(line))
    assert await asyncio.wait_for(clock.asked.get(), 10) == 30
    await asyncio.sleep(0.05)
    assert not waiting.done()
    clock.goes.set()
    done = await asyncio.wait_for(waiting, 10)
    assert (LIMITS[line] in done.err, done.code) == (True, 1), done
