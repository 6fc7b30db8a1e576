"""curl and wget: what people reach Services with.

Stand in for curl (7 and 8), GNU wget and busybox's wget, with the messages and exit codes of those. Left
out: TLS beyond its failure, redirects, cookies, uploads, FTP, proxies, progress bars, `--retry`.
"""

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
    for text in options.urls[:_MOST_URLS]:
        code = yield from _fetch(call, options, text)
    return code


def _fetch(call: Call, options: CurlOptions, text: str) -> Run:
    url = parse_url(text)
    if url is None:
        return (yield from _fail(options, 3, "URL using bad/illegal format or missing URL"))
    if url.scheme not in ("http", "https"):
        return (yield from _fail(options, 1, f'Protocol "{url.scheme}" not supported or disabled in libcurl'))
    address = yield from look_up(url.host)
    if not address:
        yield from _tell(options, f"* Could not resolve host: {url.host}")
        return (yield from _fail(options, 6, f"Could not resolve host: {url.host}"))
    yield from _tell(options, f"*   Trying {address}:{url.port}...")
    request = None if url.scheme == "https" else _request(call, options, url)
    outcome: Outcome = yield Connect(address, url.port, url.host, request)
    if not isinstance(outcome, Answer):
        return (yield from _not_connected(call, options, url, address, outcome))
    yield from _tell(options, f"* Connected to {url.host} ({address}) port {url.port} (#0)")
    if request is None:
        return (yield from _secured(options, outcome))
    return (yield from _answered(call, options, request, outcome.response))


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
    old = call.machine.image.curl.startswith("7.") and int(call.machine.image.curl.split(".")[1]) < 70
    if isinstance(outcome, Refused):
        yield from _tell(options, f"* connect to {address} port {url.port} failed: Connection refused")
        why = "Connection refused" if old else f"after 0 ms: {_cannot_connect(call)}"
        text = f"Failed to connect to {url.host} port {url.port}" + (f": {why}" if old else f" {why}")
        return (yield from _fail(options, 7, text))
    patience = min(options.timeouts.values(), default=SYN_TIMEOUT)
    yield Sleep(min(patience, SYN_TIMEOUT))
    if patience < SYN_TIMEOUT:
        return (
            yield from _fail(
                options, 28, f"Connection timed out after {int(patience * 1000) + 1} milliseconds"
            )
        )
    failed = f"Failed to connect to {url.host} port {url.port}"
    if old:
        return (yield from _fail(options, 7, f"{failed}: Connection timed out"))
    said = f"{failed} after {int(SYN_TIMEOUT * 1000)} ms: {_cannot_connect(call)}"
    return (yield from _fail(options, 28, said))


def _cannot_connect(call: Call) -> str:
    new = call.machine.image.curl.startswith("8.") and int(call.machine.image.curl.split(".")[1]) >= 10
    return "Could not connect to server" if new else "Couldn't connect to server"


def _secured(options: CurlOptions, outcome: Answer) -> Run:
    """What comes of https: only the API server has a certificate, which nobody here has signed."""
    if outcome.pod is not None:
        return (yield from _fail(options, 35, "SSL routines::wrong version number"))
    if "k" not in options.flags:
        said = "SSL certificate problem: unable to get local issuer certificate"
        return (yield from _fail(options, 60, said))
    return (yield from _fail(options, 35, "TLS to the API server is not simulated"))


def _answered(call: Call, options: CurlOptions, request: Request, response: Response | None) -> Run:
    sent = [
        f"{request.method} {request.path} HTTP/1.1",
        *(f"{name}: {text}" for name, text in request.headers),
    ]
    yield from _tell(options, *(f"> {line}" for line in [*sent, ""]))
    if response is None:
        yield from _tell(options, "* Empty reply from server")
        return (yield from _fail(options, 52, "Empty reply from server"))
    head = [status_line(response), *(f"{name}: {text}" for name, text in response.headers)]
    yield from _tell(options, *(f"< {line}" for line in [*head, ""]))
    if "f" in options.flags and response.status >= 400:
        said = f"The requested URL returned error: {response.status}"
        return (yield from _fail(options, 22, said))
    data = response.body
    if options.flags & {"i", "I"}:
        data = "\r\n".join([*head, "", ""]).encode("latin-1", "replace") + data
    yield from _save(call, options, data)
    if options.write_out:
        yield say(_written_out(options.write_out, response))
    return 0


def _save(call: Call, options: CurlOptions, data: bytes) -> Run:
    if options.output in ("", "-"):
        yield Output(STDOUT, data)
    elif options.output != "/dev/null":
        path = absolute(options.output, call.machine.directory)
        call.machine.files.write(path, data)
        yield Change(path, data)
    return 0


def _written_out(form: str, response: Response) -> str:
    content = next((text for name, text in response.headers if name == "Content-Type"), "")
    known = {
        "http_code": str(response.status),
        "response_code": str(response.status),
        "size_download": str(len(response.body)),
        "content_type": content,
        "time_total": "0.001000",
        "http_version": "1.1",
    }
    for name, text in known.items():
        form = form.replace(f"%{{{name}}}", text)
    return form.replace("\\n", "\n").replace("\\t", "\t")


def _tell(options: CurlOptions, *lines: str) -> Run:
    """What `-v` shows."""
    if "v" in options.flags:
        yield complain("\n".join(lines))
    return 0


def _fail(options: CurlOptions, code: int, why: str) -> Run:
    if options.write_out:
        yield say(options.write_out.replace("%{http_code}", "000").replace("\\n", "\n"))
    if "s" not in options.flags or "S" in options.flags:
        yield complain(f"curl: ({code}) {why}")
    return code


PROGRAMS: Final[dict[str, Program]] = {"curl": curl, "wget": wget}
