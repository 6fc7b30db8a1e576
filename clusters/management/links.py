"""Addresses that commands print."""

from django.conf import settings

ANY = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "[::]": "[::1]"}
"""Hosts to listen on that nobody can type, and one of theirs that works on this machine."""


def site_url() -> str:
    """The site's address without a slash at its end: PUBLIC_URL, else http://HOST:PORT."""
    if settings.PUBLIC_URL:
        return str(settings.PUBLIC_URL)
    host = ANY.get(settings.HOST, settings.HOST)
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    return f"http://{host}:{settings.PORT}"


def claim_url(cluster_id: str, token: str) -> str:
    """The link that makes whoever opens it first the cluster's owner."""
    return f"{site_url()}/c/{cluster_id}/?claim={token}"
