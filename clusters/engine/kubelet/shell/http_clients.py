"""curl and wget: what people reach Services with.

Stand in for curl (7 and 8), GNU wget and busybox's wget, with the messages and exit codes of those. Left
out: TLS beyond its failure, redirects, cookies, uploads, FTP, proxies, progress bars, `--retry`.
"""

import re
from ipaddress import ip_address
from typing import Final

from clusters.engine.kubelet.shell.curl_options import CurlOptions, UsageError, curl_options
from clusters.engine.kubelet.shell.effects import (
    STDOUT,
    Change,
    Connect,
    Output,
    Run,
    Sleep,
    complain,
    say,
)
from clusters.engine.kubelet.shell.files import absolute
from clusters.engine.kubelet.shell.machine import Call, Program
from clusters.engine.kubelet.shell.urls import SYN_TIMEOUT, Url, look_up, parse_url, status_line
from clusters.engine.kubelet.shell.wget import wget
from clusters.engine.network import Answer, Outcome, Refused, Request, Response

_MOST_URLS: Final = 100
_EPHEMERAL: Final = 32_768
_EPHEMERAL_PORTS: Final = 28_232
"""The first of the ports from which Linux connects, and how many they are."""
_NO_PORT: Final = re.compile(r"(?:\w+://)?[^/:?#\[\]\s]+:[^/?#]*(?:[/?#].*)?", re.ASCII)


def _since(call: Call, major: int, minor: int = 0) -> bool:
    """Whether the machine's curl is of that version or later."""
    version = call.machine.image.curl.split(".")
    return (int(version[0]), int(version[1])) >= (major, minor)


def curl(call: Call) -> Run:
    """Fetch each URL; the exit code is that of the last."""
    version = call.machine.image.curl
    try:
        options = curl_options(call.arguments)
    except UsageError as error:
        yield complain(f"curl: {error}\ncurl: try 'curl --help' or 'curl --manual' for more information")
        return 2
    if "V" in options.flags:
        yield say(f"curl {version} (x86_64-pc-linux-gnu) libcurl/{version}\nProtocols: http https\n")
        return 0
    if not options.urls:
        yield complain("curl: try 'curl --help' or 'curl --manual' for more information")
        return 2
    code = 0
    for number, text in enumerate(options.urls[:_MOST_URLS]):
        code = yield from _fetch(call, options, text, options.outputs[number : number + 1])
    return code


def _fetch(call: Call, options: CurlOptions, text: str, output: list[str]) -> Run:
    url = parse_url(text)
    if url is None:
        return (yield from _fail(options, 3, _malformed(call, text)))
    if url.scheme not in ("http", "https"):
        unknown = "not supported" if _since(call, 8, 10) else "not supported or disabled in libcurl"
        return (yield from _fail(options, 1, f'Protocol "{url.scheme}" {unknown}'))
    address = yield from look_up(url.host)
    if not address:
        return (yield from _give_up(call, options, 6, f"Could not resolve host: {url.host}"))
    return (yield from _ask(call, options, url, address, output))


def _ask(call: Call, options: CurlOptions, url: Url, address: str, output: list[str]) -> Run:
    yield from _tell(options, f"*   Trying {address}:{url.port}...")
    request = None if url.scheme == "https" else _request(call, options, url)
    outcome: Outcome = yield Connect(address, url.port, url.host, request)
    if not isinstance(outcome, Answer):
        return (yield from _not_connected(call, options, url, address, outcome))
    number = "" if _since(call, 8) else " (#0)"
    yield from _tell(options, f"* Connected to {url.host} ({address}) port {url.port}{number}")
    if request is None:
        return (yield from _secured(options, outcome))
    yield from _sent(call, options, request)
    response = outcome.response
    if response is None:
        return (yield from _give_up(call, options, 52, "Empty reply from server"))
    code = yield from _answered(call, options, response, output)
    yield from _tell(options, f"* Connection #0 to host {url.host} left intact")
    if code:
        yield from _complain(options, code, f"The requested URL returned error: {response.status}")
    if options.write_out:
        yield say(_written_out(options.write_out, response, url, address, code))
    return code


def _malformed(call: Call, text: str) -> str:
    """Why a URL is none."""
    if not _since(call, 8):
        return "URL using bad/illegal format or missing URL"
    if not text.rpartition("://")[2].strip("/"):
        return "URL rejected: No host part in the URL"
    if _NO_PORT.fullmatch(text):
        return "URL rejected: Port number was not a decimal number between 0 and 65535"
    return "URL rejected: Malformed input to a URL function"


def _closing(call: Call) -> str:
    """What `-v` says at the end of a connection."""
    if _since(call, 8, 10):
        return "* closing connection #0"
    return "* Closing connection" if _since(call, 8) else "* Closing connection 0"


def _request(call: Call, options: CurlOptions, url: Url) -> Request:
    given = {name.lower() for name, _ in options.headers}
    agent = options.agent or f"curl/{call.machine.image.curl}"
    own = [("Host", url.authority), ("User-Agent", agent), ("Accept", "*/*")]
    if options.data is not None:
        own.append(("Content-Length", str(len(options.data.encode("utf-8", "surrogateescape")))))
    headers = [pair for pair in own if pair[0].lower() not in given] + options.headers
    usual = "HEAD" if "I" in options.flags else "GET" if options.data is None else "POST"
    return Request(options.method or usual, url.path, tuple(headers))


def _not_connected(call: Call, options: CurlOptions, url: Url, address: str, outcome: Outcome) -> Run:
    old = not _since(call, 7, 70)
    failed = f"Failed to connect to {url.host} port {url.port}"
    if isinstance(outcome, Refused):
        said = f"{failed}: Connection refused" if old else f"{failed} after 0 ms: {_cannot_connect(call)}"
        yield from _tell(options, _attempt(call, url, address, "Connection refused"))
        return (yield from _give_up(call, options, 7, said))
    patience = min(options.timeouts.values(), default=SYN_TIMEOUT)
    yield Sleep(min(patience, SYN_TIMEOUT))
    if patience < SYN_TIMEOUT:
        said = f"Connection timed out after {int(patience * 1000) + 1} milliseconds"
        return (yield from _give_up(call, options, 28, said))
    yield from _tell(options, _attempt(call, url, address, "Connection timed out"))
    if old:
        return (yield from _give_up(call, options, 7, f"{failed}: Connection timed out"))
    said = f"{failed} after {int(SYN_TIMEOUT * 1000)} ms: {_cannot_connect(call)}"
    return (yield from _give_up(call, options, 28, said))


def _attempt(call: Call, url: Url, address: str, why: str) -> str:
    """What `-v` says of one address that could not be connected to."""
    if not _since(call, 8, 10):
        return f"* connect to {address} port {url.port} failed: {why}"
    source = "127.0.0.1" if ip_address(address).is_loopback else call.machine.address
    local = f"from {source} port {_EPHEMERAL + int(call.machine.now * 7) % _EPHEMERAL_PORTS}"
    return f"* connect to {address} port {url.port} {local} failed: {why}"


def _cannot_connect(call: Call) -> str:
    return "Could not connect to server" if _since(call, 8, 10) else "Couldn't connect to server"


def _give_up(call: Call, options: CurlOptions, code: int, said: str) -> Run:
    yield from _tell(options, f"* {said}", _closing(call))
    return (yield from _fail(options, code, said))


def _secured(options: CurlOptions, outcome: Answer) -> Run:
    """What comes of https: only the API server has a certificate, which nobody here has signed."""
    if outcome.pod is not None:
        return (yield from _fail(options, 35, "SSL routines::wrong version number"))
    if "k" not in options.flags:
        said = "SSL certificate problem: unable to get local issuer certificate"
        return (yield from _fail(options, 60, said))
    return (yield from _fail(options, 35, "TLS to the API server is not simulated"))


def _sent(call: Call, options: CurlOptions, request: Request) -> Run:
    """What `-v` shows of a request."""
    new = _since(call, 8, 10)
    lines = [
        f"{request.method} {request.path} HTTP/1.1",
        *(f"{name}: {text}" for name, text in request.headers),
        "",
    ]
    yield from _tell(options, *["* using HTTP/1.x"] * new, *(f"> {line}" for line in lines))
    yield from _tell(options, *["* Request completely sent off"] * new)
    return 0


def _answered(call: Call, options: CurlOptions, response: Response, output: list[str]) -> Run:
    """Print what came back; 22 for what `-f` takes for a failure."""
    head = [status_line(response), *(f"{name}: {text}" for name, text in response.headers)]
    yield from _tell(options, *(f"< {line}" for line in [*head, ""]))
    if "f" in options.flags and response.status >= 400:
        return 22
    data = response.body
    if options.flags & {"i", "I"}:
        data = "\r\n".join([*head, "", ""]).encode("latin-1", "replace") + data
    yield from _save(call, output[0] if output else "-", data)
    return 0


def _save(call: Call, output: str, data: bytes) -> Run:
    if output == "-":
        yield Output(STDOUT, data)
    elif output != "/dev/null":
        path = absolute(output, call.machine.directory)
        call.machine.files.write(path, data)
        yield Change(path, data)
    return 0


def _written_out(form: str, response: Response | None, url: Url | None, address: str, code: int) -> str:
    headers = dict(response.headers) if response is not None else {}
    known = {
        "http_code": f"{response.status if response is not None else 0:03}",
        "response_code": f"{response.status if response is not None else 0:03}",
        "size_download": str(len(response.body) if response is not None else 0),
        "content_type": headers.get("Content-Type", ""),
        "time_total": "0.001000",
        "time_connect": "0.000500",
        "http_version": "1.1" if response is not None else "0",
        "remote_ip": address,
        "remote_port": str(url.port) if url is not None else "",
        "exitcode": str(code),
    }
    for name, text in known.items():
        form = form.replace(f"%{{{name}}}", text)
    return form.replace("\\n", "\n").replace("\\t", "\t").replace("%%", "%")


def _tell(options: CurlOptions, *lines: str) -> Run:
    """What `-v` shows."""
    if "v" in options.flags and lines:
        yield complain("\n".join(lines))
    return 0


def _fail(options: CurlOptions, code: int, why: str) -> Run:
    """End without an answer."""
    yield from _complain(options, code, why)
    if options.write_out:
        yield say(_written_out(options.write_out, None, None, "", code))
    return code


def _complain(options: CurlOptions, code: int, why: str) -> Run:
    if "s" not in options.flags or "S" in options.flags:
        yield complain(f"curl: ({code}) {why}")
    return code


PROGRAMS: Final[dict[str, Program]] = {"curl": curl, "wget": wget}
