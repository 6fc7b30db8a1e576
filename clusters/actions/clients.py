"""What people do to the clients that call addresses of a cluster again and again."""

from ipaddress import IPv4Address
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from clusters.actions.objects import act
from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.errors import StatusError, bad_request, not_found
from clusters.engine.names import dns1123_subdomain
from clusters.engine.network.clients import KIND, MOST, PLACES, new_client
from clusters.engine.network.dns import is_address
from clusters.engine.objects import Key, Object
from clusters.engine.store import Overlay

LONGEST_PAUSE = 60
"""Seconds between two calls of a client."""


def place_client(
    cluster_id: str,
    person: str,
    *,
    place: str,
    pod: tuple[str, str] | None = None,
    target: str,
    port: int = 80,
    every: int = 3,
) -> Object:
    """A client on the `internet`, on the `laptop` or in a `pod` (namespace, name) that calls `target`.

    The target is an IPv4 address or a name, called at the TCP `port` each `every` simulated seconds; what
    is pasted as `http://host:port/` is taken apart. Raises 400 for what is no place, target, port or
    pause, 404 for a pod that is not there, 403 if the cluster has as many as it may have.
    """
    host, port = _host_and_port(target.strip(), port)
    if place not in PLACES:
        raise bad_request(_("The place is one of %(places)s.") % {"places": ", ".join(PLACES)})
    if (place == "pod") != (pod is not None):
        raise bad_request(_("A client in a pod needs a pod, and only that one."))
    if not 1 <= port <= 65535:
        raise bad_request(_("The port is a number from 1 to 65535."))
    if not 1 <= every <= LONGEST_PAUSE:
        raise bad_request(_("A client calls every 1 to %(n)d seconds.") % {"n": LONGEST_PAUSE})

    def verb(store: Overlay) -> Object:
        inside = verbs.get(store, "Pod", *pod) if pod is not None else None
        if store.count(KIND) >= MOST:
            said = _("A cluster has at most %(n)d clients.") % {"n": MOST}
            raise StatusError(403, "Forbidden", said)
        since = store.now
        client = new_client(store, place=place, pod=inside, target=host, port=port, every=every, since=since)
        return store.create(client)

    return act(cluster_id, person, verb)


def remove_client(cluster_id: str, person: str, name: str) -> Object:
    """Take a client away; its calls so far stay counted. Raises 404 if there is none of that name."""

    def verb(store: Overlay) -> Object:
        if store.get(KIND, "", name) is None:
            raise not_found(KIND, name)
        return store.delete(Key(KIND, "", name))

    return act(cluster_id, person, verb)


def _host_and_port(target: str, port: int) -> tuple[str, int]:
    """The address or name to call, and the port. Raises 400."""
    if "://" in target:
        try:
            url = urlsplit(target)
            target, port = url.hostname or "", url.port or (80 if url.port is None else 0)
        except ValueError:
            raise bad_request(_("That is no address.")) from None
        if url.scheme != "http":
            raise bad_request(_("Clients speak http only."))
    if is_address(target):
        if _is_ipv4(target):
            return target, port
        raise bad_request(_("Addresses of this cluster are IPv4 addresses."))
    # Four numbers that are no address are a slip, not a name.
    if dns1123_subdomain(target.removesuffix(".").lower()) or target.replace(".", "").isdecimal():
        raise bad_request(_("That is neither an IPv4 address nor a name: %(text)s") % {"text": target[:80]})
    return target.lower(), port


def _is_ipv4(target: str) -> bool:
    try:
        IPv4Address(target)
    except ValueError:
        return False
    return True
