"""kubectl top, from what a server says that nobody has to wait for."""

import orjson
import pytest

from clusters.terminal.kubectl.host import Response
from tests.terminal.kubectl.runner import Runner

METRICS = "/apis/metrics.k8s.io/v1beta1/nodes"


class Server:
    """Answers with one node."""

    def __init__(self, cpu):
        self.documents = {
            METRICS: {"items": [{"metadata": {"name": "n"}, "usage": {"cpu": cpu, "memory": "642Mi"}}]},
            "/api/v1/nodes": {
                "items": [
                    {
                        "metadata": {"name": "n"},
                        "status": {"allocatable": {"cpu": "3950m", "memory": "8192Mi"}},
                    }
                ]
            },
        }

    async def request(self, method, path, query, headers, body):
        return Response(200, [], self._chunks(path))

    async def _chunks(self, path):
        yield orjson.dumps(self.documents[path])


@pytest.mark.parametrize(("cpu", "shown"), [("78100000n", "79m 2%"), ("78m", "78m 1%"), ("0", "0m 0%")])
async def test_the_share_is_that_of_the_millicores_that_are_shown(cpu, shown):
    table = await Runner(Server(cpu), "none").ok("top node")
    assert table.splitlines()[1].split() == ["n", *shown.split(), "642Mi", "7%"]
