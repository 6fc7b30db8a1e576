"""The options of a watch, as its query names them.

Models `pkg/apis/meta/internalversion` of apimachinery: defaults.go and validation/validation.go.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from clusters.engine.apiserver.errors import bad_request, invalid
from clusters.engine.apiserver.field_selectors import NAME, parse_field_selector
from clusters.engine.apiserver.fields import FieldError, forbidden, not_supported, quoted
from clusters.engine.apiserver.listing import NOT_OLDER_THAN, ListOptions, parse_resource_version
from clusters.engine.apiserver.resources import Resource

_INT64: Final = 2**63


class WatchOptions(NamedTuple):
    """Where a watch begins and what it tells.

    `revision` is the one after which changes are told, None for the newest. With `state` everything that
    exists at the beginning is told first, and `revision` only says how new that has to be at least.
    `bookmarks` are wanted; without `timeout` (seconds) the server chooses one.
    """

    revision: int | None
    state: bool
    bookmarks: bool
    timeout: float | None
    selectors: ListOptions


def watch_options(query: Mapping[str, str], resource: Resource, name: str = "") -> WatchOptions:
    """Read a query; a `name` is that of the only object to watch.

    Raises StatusError: 400 for what cannot be read, 422 for what does not go together.
    """
    version = query.get("resourceVersion", "")
    match = query.get("resourceVersionMatch", "")
    state = _flag(query, "sendInitialEvents") if "sendInitialEvents" in query else None
    if state is None and not match and version in ("", "0"):
        state, match = True, NOT_OLDER_THAN
    errors = _complaints(state, match, query.get("continue", ""))
    if errors:
        raise invalid("ListOptions.meta.k8s.io", "", errors)
    by_fields = query.get("fieldSelector", "")
    if name:
        by_fields = _only(name, by_fields, resource)
    return WatchOptions(
        revision=parse_resource_version(version) or None,
        state=bool(state),
        bookmarks=_flag(query, "allowWatchBookmarks"),
        timeout=parse_timeout(query.get("timeoutSeconds", "")),
        selectors=ListOptions(query.get("labelSelector", ""), by_fields),
    )


def _complaints(state: bool | None, match: str, continue_: str) -> list[FieldError]:
    field = "resourceVersionMatch"
    errors = []
    if state is not None and match != NOT_OLDER_THAN:
        errors.append(forbidden(field, f"sendInitialEvents requires setting {field} to {NOT_OLDER_THAN}"))
    if match and state is None:
        errors.append(
            forbidden(field, f"{field} is forbidden for watch unless sendInitialEvents is provided")
        )
    if match and match != NOT_OLDER_THAN:
        errors.append(not_supported(field, match, [NOT_OLDER_THAN]))
    if match and continue_:
        errors.append(forbidden(field, f"{field} is forbidden when continue is provided"))
    return errors


def _only(name: str, by_fields: str, resource: Resource) -> str:
    selector = parse_field_selector(by_fields, resource)
    if selector.terms and selector.required(NAME) != name:
        raise bad_request(f"fieldSelector {NAME} doesn't match requested name")
    return by_fields or f"{NAME}={name}"


def _flag(query: Mapping[str, str], name: str) -> bool:
    return name in query and query[name].lower() not in ("false", "0")


def parse_timeout(text: str) -> float | None:
    """The seconds that a list or watch may take, None for no limit. Raises StatusError 400."""
    if not text:
        return None
    if not re.fullmatch("[+-]?[0-9]{1,19}", text) or not -_INT64 <= int(text) < _INT64:
        raise bad_request(f"strconv.ParseInt: parsing {quoted(text)}: invalid syntax")
    return max(float(text), 0.0) if int(text) else None
