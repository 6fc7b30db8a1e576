"""A connection that `kubectl port-forward` carries to a port of a pod.

Models the kubelet's port-forward as containerd does it: a connection to localhost in the pod's network.
HTTP is answered as the images' programs do; redis understands PING; everything else is closed.
"""

from typing import Final

from clusters.engine.apiserver.errors import not_found
from clusters.engine.images import Image
from clusters.engine.kubelet.inside import listening, reach_kubelet
from clusters.engine.network import Answer, Call, Request, Response, Traffic, http
from clusters.engine.network.routing import hostname_of
from clusters.engine.objects import Key, Object, name_of, uid_of
from clusters.engine.store import MemoryStore

_CLIENT: Final = "127.0.0.1"
_REDIS_PORT: Final = 6379
_LONGEST: Final = http.LONGEST_HEAD + http.LONGEST_BODY


class Connection:
    """A TCP connection. `closed`: the pod has closed it, or will after what `feed` returned."""

    def __init__(self, pod: Key, port: int, traffic: Traffic | None = None) -> None:
        self.pod = pod
        self.port = port
        self.traffic = traffic
        self.closed = False
        self._data = b""

    def check(self, store: MemoryStore, now: float) -> str:
        """ "" if somebody listens there now, else why the forwarding fails, in the kubelet's words.

        Raises StatusError 404 without the pod, 500 if its kubelet cannot be reached.
        """
        pod = store.get(*self.pod)
        if pod is None:
            raise not_found("Pod", self.pod.name)
        reach_kubelet(store, pod, "", dialing=True)
        if self.port in listening(store, pod, now):
            return ""
        port = self.port
        return (
            f"error forwarding port {port} to pod {uid_of(pod)}, uid : failed to execute portforward in"
            f" network namespace of {name_of(pod)}: failed to connect to localhost:{port}, IPv4: dial tcp4"
            f" 127.0.0.1:{port}: connect: connection refused IPv6 dial tcp6 [::1]:{port}: connect: connection"
            " refused"
        )

    def feed(self, store: MemoryStore, data: bytes, now: float) -> bytes:
        """What the pod sends back for these bytes; incomplete requests wait for the rest."""
        pod = store.get(*self.pod)
        image = listening(store, pod, now).get(self.port) if pod is not None else None
        if pod is None or image is None:
            self.closed = True
        if self.closed or pod is None or image is None:
            return b""
        self._data += data
        if self.port == _REDIS_PORT:
            return self._redis()
        if not image.answer or len(self._data) > _LONGEST:
            self.closed = True
            return b""
        return self._http(pod, image, now)

    def _http(self, pod: Object, image: Image, now: float) -> bytes:
        sent = b""
        while self._data and not self.closed:
            try:
                found = http.parse_request(self._data)
            except ValueError:
                self.closed = True
                return sent + http.render(http.bad_request(image))
            if found is None:
                break
            request, length = found
            self._data = self._data[length:]
            response = http.respond(image, request, hostname_of(pod), now)
            if response is None:
                self.closed = True
                break
            self._record(pod, image, request, response, now)
            sent += http.render(response)
            self.closed = not request.keeps_open
        return sent

    def _record(self, pod: Object, image: Image, request: Request, response: Response, now: float) -> None:
        if self.traffic is not None:
            answer = Answer(None, self.pod, self.port, image, _CLIENT, response)
            call = Call(now, None, _CLIENT, f"pod/{name_of(pod)}", self.port, answer, uid_of(pod), request)
            self.traffic.record(call)

    def _redis(self) -> bytes:
        *lines, self._data = self._data.split(b"\r\n" if b"\r\n" in self._data else b"\n")
        sent = b""
        for line in lines:
            word = line.strip().lower()
            if word == b"ping":
                sent += b"+PONG\r\n"
            elif word and word[:1] not in b"*$":
                sent += b"-ERR only PING is simulated\r\n"
        return sent
