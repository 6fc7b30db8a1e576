"""The least that Daphne can serve: an empty answer, to compare with."""


async def application(scope, receive, send):
    """Answers anything with nothing."""
    assert scope["type"] == "http"
    headers = [(b"content-type", b"application/json"), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
