"""A transport that remembers what it was asked."""


class Recorder:
    """Hands requests on; `asked` are their paths."""

    def __init__(self, transport):
        self._transport = transport
        self.asked = []

    async def request(self, method, path, query, headers, body):
        self.asked.append(path)
        return await self._transport.request(method, path, query, headers, body)

    def resources(self, *roots):
        """What was asked for of kinds, without discovery: `pods`, `pods/kubia`."""
        paths = [path.strip("/").split("/") for path in self.asked]
        return ["/".join(path[_start(path) :]) for path in paths if path[0] in roots and len(path) > 1]


def _start(path):
    start = 2 if path[0] == "api" else 3
    return start + 2 if path[start] == "namespaces" and len(path) > start + 2 else start
