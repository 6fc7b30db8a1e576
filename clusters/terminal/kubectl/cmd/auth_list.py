"""kubectl auth can-i --list: all that one may do.

Models kubectl's `pkg/cmd/auth/cani.go` with `pkg/util/rbac`.
"""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Final, NamedTuple

from clusters.engine.objects import Object
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.printers.tabwriter import new_tab_writer

_REVIEWS: Final = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"


class Rule(NamedTuple):
    """An rbac/v1 PolicyRule about one resource and at most one name, or about one URL."""

    verbs: list[str]
    groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()

    def __str__(self) -> str:
        fields = zip(
            ("Verbs", "APIGroups", "Resources", "ResourceNames", "NonResourceURLs"), self, strict=True
        )
        return "".join(f"{name}:{_list(values)}," for name, values in fields)


async def print_list(k: Kubectl) -> None:
    """Print what the server allows, one line a rule. Raises CommandError."""
    _validate(k)
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": k.namespace},
    }
    status = (await k.client.create(_REVIEWS, review))["status"]
    if status.get("incomplete"):
        k.err(f"Warning: the list may be incomplete: {status.get('evaluationError') or ''}\n")
    writer = new_tab_writer(k.out)
    if not k.flags["no-headers"]:
        writer.write("Resources\tNon-Resource URLs\tResource Names\tVerbs\n")
    for rule in sorted(_compact(status), key=str):
        cells = (_resource(rule), _list(rule.urls), _list(rule.names), _list(rule.verbs))
        writer.write("\t".join(cells) + "\n")
    writer.flush()


def _validate(k: Kubectl) -> None:
    flags = k.flags
    if k.args:
        raise CommandError("list option must be specified with no arguments")
    if flags["quiet"] or flags["all-namespaces"] or flags["subresource"]:
        raise CommandError(
            "list option can't be specified with neither quiet, all-namespaces nor subresource options"
        )


def _compact(status: Object) -> list[Rule]:
    """All rules, each about one thing: those about the same resource have become one."""
    compact: dict[tuple[tuple[str, ...], ...], Rule] = {}
    rules = []
    for rule in _broken_down(status):
        if rule.urls:
            rules.append(rule)
            continue
        known = compact.setdefault(rule[1:], Rule([], *rule[1:]))
        known.verbs.extend(verb for verb in rule.verbs if verb not in known.verbs)
    return [*rules, *compact.values()]


def _broken_down(status: Object) -> Iterator[Rule]:
    for found in status.get("resourceRules") or ():
        names: list[tuple[str, ...]] = [(name,) for name in found.get("resourceNames") or ()] or [()]
        things = product(found.get("apiGroups") or (), found.get("resources") or (), found["verbs"], names)
        for group, resource, verb, name in things:
            yield Rule([verb], (group,), (resource,), name)
    for found in status.get("nonResourceRules") or ():
        for url, verb in product(found.get("nonResourceURLs") or (), found["verbs"]):
            yield Rule([verb], urls=(url,))


def _resource(rule: Rule) -> str:
    """`pods`, `deployments.apps/scale`: describe.CombineResourceGroup."""
    if not rule.resources:
        return ""
    resource, slash, subresource = rule.resources[0].partition("/")
    group = f".{rule.groups[0]}" if rule.groups[0] else ""
    return f"{resource}{group}{slash}{subresource}"


def _list(values: Iterable[str]) -> str:
    return f"[{' '.join(values)}]"
