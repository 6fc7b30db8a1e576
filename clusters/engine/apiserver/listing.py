"""Reading objects: one, all, or page by page.

Models `apiserver/pkg/storage` (interfaces.go, etcd3/store.go) and the list handler of
`pkg/endpoints/handlers/get.go`. An image is one state of the cluster, so a list is consistent by itself;
whoever serves it finds the image that a page needs (`wanted_revision`). Departure: a page says that more
follows only if something that the selectors match follows.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from clusters.engine import labels
from clusters.engine.apiserver import continue_tokens, fields, metrics
from clusters.engine.apiserver.derived import DERIVED, shown
from clusters.engine.apiserver.errors import (
    StatusError,
    bad_request,
    expired,
    invalid,
    not_found,
    too_large_resource_version,
)
from clusters.engine.apiserver.field_selectors import NAME, FieldSelector, parse_field_selector
from clusters.engine.apiserver.fields import quoted
from clusters.engine.apiserver.resources import Resource
from clusters.engine.objects import Key, Object, key_of, labels_of
from clusters.engine.store import MemoryStore

NOT_OLDER_THAN: Final = "NotOlderThan"
EXACT: Final = "Exact"

LIST_EXPIRED: Final = "The resourceVersion for the provided list is too old."
CONTINUE_EXPIRED: Final = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new"
    " list without the continue parameter, or use the continue token in this response to retrieve the"
    " remainder of the results. Continuing with the provided token results in an inconsistent list -"
    " objects that were created, modified, or deleted between the time the first chunk was returned and now"
    " may show up in the list."
)
_UINT64: Final = 2**64
_INT64: Final = 2**63


@dataclass(frozen=True, slots=True)
class ListOptions:
    """What a list request asks for: the texts of its query, "" for what is not there."""

    label_selector: str = ""
    field_selector: str = ""
    limit: str = ""
    continue_: str = ""
    resource_version: str = ""
    resource_version_match: str = ""
    send_initial_events: str = ""


class Page(NamedTuple):
    """Some objects of a list. `continue_` is "" on the last page; `remaining` is how many follow.

    The objects are as Kubernetes shows them. `remaining` is None where selectors make it unknown.
    """

    items: list[Object]
    revision: int
    continue_: str = ""
    remaining: int | None = None


def options_of(query: Mapping[str, str]) -> ListOptions:
    """The options in the query of a request, for names that repeat the first value."""
    return ListOptions(
        label_selector=query.get("labelSelector", ""),
        field_selector=query.get("fieldSelector", ""),
        limit=query.get("limit", ""),
        continue_=query.get("continue", ""),
        resource_version=query.get("resourceVersion", ""),
        resource_version_match=query.get("resourceVersionMatch", ""),
        send_initial_events=query.get("sendInitialEvents", ""),
    )


def get(image: MemoryStore, resource: Resource, namespace: str, name: str, now: float) -> Object:
    """One object as Kubernetes shows it. `now` is simulated time. Raises StatusError 404."""
    found: Object | None
    if resource.derived:
        key = Key(resource.kind, namespace, name)
        found = next((obj for obj in _derived(image, resource, now) if key_of(obj) == key), None)
    else:
        found = image.get(resource.kind, namespace, name)
    if found is None:
        raise metrics.not_found(image, resource.kind, namespace, name) or not_found(resource.kind, name)
    return shown(found, now)


def list_page(
    image: MemoryStore, resource: Resource, namespace: str, options: ListOptions, now: float
) -> Page:
    """The objects that the options ask for, of all namespaces if `namespace` is "".

    Raises StatusError: 400 for options that cannot be read, 410 if they need an earlier image than this
    one (see `wanted_revision`), 422 for options that do not go together, 504 if they need a later one.
    """
    limit = parse_limit(options.limit)
    selects, by_fields = selection(options, resource)
    _check_revision(image, options)
    start = continue_tokens.decode(options.continue_) if options.continue_ else None
    keys, read = _source(image, resource, now)
    keys = _within(keys, resource, namespace, start)
    name = by_fields.required(NAME)
    if name is not None:
        keys = [key for key in keys if key.name == name]
    items: list[Object] = []
    for index, key in enumerate(keys):
        obj = read(key)
        if not selects(obj):
            continue
        if len(items) == limit > 0:
            token = _token_after(image.revision, keys[index - 1], namespace)
            selected = options.label_selector or options.field_selector
            return Page(items, image.revision, token, None if selected else len(keys) - index)
        items.append(shown(obj, now))
    return Page(items, image.revision)


def selection(options: ListOptions, resource: Resource) -> tuple[Callable[[Object], bool], FieldSelector]:
    """Whether an object is selected, by labels and by fields. Raises StatusError 400."""
    try:
        by_labels = labels.parse_selector(options.label_selector)
    except ValueError as error:
        raise bad_request(str(error)) from None
    by_fields = parse_field_selector(options.field_selector, resource)

    def selects(obj: Object) -> bool:
        return labels.matches(by_labels, labels_of(obj)) and by_fields.matches(obj)

    return (selects if by_labels or by_fields.terms else _everything), by_fields


def wanted_revision(options: ListOptions) -> int | None:
    """The one revision that the list must show; None if any that is recent will do.

    Raises StatusError 400 and 422.
    """
    _validate(options)
    version = parse_resource_version(options.resource_version)
    if options.continue_:
        revision = continue_revision(options.continue_)
        if version:
            raise bad_request("specifying resource version is not allowed when using continue")
        return None if revision == continue_tokens.LATEST else revision
    legacy = not options.resource_version_match and parse_limit(options.limit) > 0
    return version if version and (options.resource_version_match == EXACT or legacy) else None


def continue_revision(token: str) -> int:
    """The revision that all pages of the token's list show, -1 for the latest. Raises StatusError 400."""
    return continue_tokens.decode(token).revision


def parse_resource_version(text: str) -> int:
    """A resourceVersion as a number, 0 for none. Raises StatusError 400."""
    if not re.fullmatch("[0-9]*", text) or len(text) > 400 or int(text or "0") >= _UINT64:
        error = fields.invalid("resourceVersion", text, _go_error("ParseUint", text, "[0-9]+"))
        raise bad_request(f"invalid resource version: {error}")
    return int(text or "0")


def parse_limit(text: str) -> int:
    """How many objects a page has at most, 0 for no limit. Raises StatusError 400."""
    if not text:
        return 0
    if not re.fullmatch("[+-]?[0-9]{1,400}", text) or not -_INT64 <= int(text) < _INT64:
        raise bad_request(_go_error("ParseInt", text, "[+-]?[0-9]+"))
    return max(int(text), 0)


def expired_page(token: str) -> StatusError:
    """410 for a continue token whose image is gone, with a token that goes on from the latest."""
    start = continue_tokens.decode(token)
    return expired(CONTINUE_EXPIRED, continue_tokens.encode(continue_tokens.LATEST, start.key))


def list_object(resource: Resource, page: Page) -> Object:
    """A page as a typed list, such as a PodList. Its items do not repeat kind and apiVersion."""
    metadata: Object = {"resourceVersion": str(page.revision)}
    if page.continue_:
        metadata["continue"] = page.continue_
    if page.remaining is not None:
        metadata["remainingItemCount"] = page.remaining
    return {
        "kind": f"{resource.kind}List",
        "apiVersion": resource.api_version,
        "metadata": metadata,
        "items": [
            {field: value for field, value in obj.items() if field not in ("kind", "apiVersion")}
            for obj in page.items
        ],
    }


def _everything(_: Object) -> bool:
    return True


def _derived(image: MemoryStore, resource: Resource, now: float) -> Iterable[Object]:
    return DERIVED[resource.kind](image, now)


def _source(image: MemoryStore, resource: Resource, now: float) -> tuple[list[Key], Callable[[Key], Object]]:
    if resource.derived:
        objects = {key_of(obj): obj for obj in _derived(image, resource, now)}
        return sorted(objects), objects.__getitem__

    def read(key: Key) -> Object:
        entry = image.entry(key)
        assert entry is not None
        return entry.object

    return image.keys(resource.kind), read


def _within(
    keys: list[Key], resource: Resource, namespace: str, start: continue_tokens.Start | None
) -> list[Key]:
    """Those of all sorted keys that are in the namespace and not before the start."""
    first, last = 0, len(keys)
    if namespace:
        first = bisect_left(keys, Key(resource.kind, namespace, ""))
        last = bisect_left(keys, Key(resource.kind, namespace + "\0", ""))
    if start is not None:
        within, _, name = start.key.rpartition("/")
        first = max(first, bisect_left(keys, Key(resource.kind, namespace or within, name)))
    return keys[first:last]


def _token_after(revision: int, key: Key, namespace: str) -> str:
    path = key.name if namespace or not key.namespace else f"{key.namespace}/{key.name}"
    return continue_tokens.encode(revision, path + "\0")


def _check_revision(image: MemoryStore, options: ListOptions) -> None:
    wanted = wanted_revision(options)
    asked = wanted or parse_resource_version(options.resource_version)
    if asked > image.revision:
        raise too_large_resource_version(asked, image.revision)
    if wanted is not None and wanted != image.revision:
        raise expired_page(options.continue_) if options.continue_ else expired(LIST_EXPIRED)


def _validate(options: ListOptions) -> None:
    errors = []
    match = options.resource_version_match
    if match:
        field = "resourceVersionMatch"
        if not options.resource_version:
            errors.append(fields.forbidden(field, f"{field} is forbidden unless resourceVersion is provided"))
        if options.continue_:
            errors.append(fields.forbidden(field, f"{field} is forbidden when continue is provided"))
        if match not in (EXACT, NOT_OLDER_THAN):
            errors.append(fields.not_supported(field, match, (EXACT, NOT_OLDER_THAN, "")))
        if match == EXACT and options.resource_version == "0":
            errors.append(fields.forbidden(field, f'{field} "exact" is forbidden for resourceVersion "0"'))
    if options.send_initial_events:
        said = "sendInitialEvents is forbidden for list"
        errors.append(fields.forbidden("sendInitialEvents", said))
    if errors:
        raise invalid("ListOptions.meta.k8s.io", "", errors)


def _go_error(function: str, text: str, pattern: str) -> str:
    why = "value out of range" if re.fullmatch(pattern, text) else "invalid syntax"
    return f"strconv.{function}: parsing {quoted(text)}: {why}"
