"""Probes in one line.

Models DescribeProbe of kubectl's `pkg/describe/describe.go`, and what Go's `net/url` makes of an address.
"""

from typing import Any, Final
from urllib.parse import quote

from clusters.engine.apiserver.tables.columns import number, part, text, texts
from clusters.engine.objects import Object
from clusters.terminal.kubectl.printers.gofmt import sprint

_UNESCAPED: Final = "$&+,/:;=@~"


def probe_text(probe: Object) -> str:
    """What a probe does and how often."""
    return f"{_action(probe)} {_attributes(probe)}"


def _attributes(probe: Object) -> str:
    return (
        f"delay={number(probe, 'initialDelaySeconds')}s timeout={number(probe, 'timeoutSeconds')}s "
        f"period={number(probe, 'periodSeconds')}s successThreshold={number(probe, 'successThreshold')} "
        f"failureThreshold={number(probe, 'failureThreshold')}"
    )


def _action(probe: Object) -> str:
    if isinstance(probe.get("exec"), dict):
        return f"exec {sprint(texts(probe['exec'], 'command'))}"
    if isinstance(probe.get("httpGet"), dict):
        return f"http-get {_url(probe['httpGet'])}"
    if isinstance(probe.get("tcpSocket"), dict):
        socket = probe["tcpSocket"]
        return f"tcp-socket {text(socket, 'host')}:{int_or_string(socket.get('port'))}"
    if isinstance(probe.get("grpc"), dict):
        grpc = part(probe, "grpc")
        return f"grpc <pod>:{number(grpc, 'port')} {text(grpc, 'service')}"
    return "unknown"


def int_or_string(value: Any) -> str:
    """An IntOrString as text; Go's zero value for none."""
    return "0" if value is None else str(value)


def _url(http: Object) -> str:
    host, port = text(http, "host"), int_or_string(http.get("port"))
    if port:
        host = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    path = quote(text(http, "path"), safe=_UNESCAPED)
    if path and host and not path.startswith("/"):
        path = f"/{path}"
    scheme = text(http, "scheme").lower()
    return (f"{scheme}:" if scheme else "") + (f"//{host}" if scheme or host else "") + path
