"""What every answer of the site carries, and the session that is renewed by use."""

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

GetResponse = Callable[[HttpRequest], HttpResponseBase]

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
RENEW_AFTER = 24 * 3600  # seconds

access = logging.getLogger("sandbox.access")


def access_log(get_response: GetResponse) -> GetResponse:
    """Logs one line a request: method, path with masked query, status, milliseconds; no static files."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        response = get_response(request)
        if not request.path.startswith(("/static/", "/healthz")):
            elapsed = (time.perf_counter() - started) * 1000
            path = request.get_full_path()
            access.info("%s %s %d %.0f ms", request.method, path, response.status_code, elapsed)
        return response

    return middleware


def content_security_policy(get_response: GetResponse) -> GetResponse:
    """Puts the one policy of the site on every answer: everything from here, nothing inline."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        return response

    return middleware


def renew_session(get_response: GetResponse) -> GetResponse:
    """Gives a session that is used another 30 days.

    Once a day is enough; SESSION_SAVE_EVERY_REQUEST would write to the database on every click.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        session = request.session
        renewed = session.get("renewed", 0)  # reads it: one that has ended is empty only from here on
        if not session.is_empty() and time.time() - renewed > RENEW_AFTER:
            session["renewed"] = int(time.time())
        return response

    return middleware
