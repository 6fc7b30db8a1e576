"""kubectl auth: who one is, and what one may do.

Models kubectl's `pkg/cmd/auth`. Left out: reconcile.
"""

from typing import Final

from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets
from clusters.terminal.kubectl.cmd.auth_list import print_list
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError, ExitError, NoResourceMatchError
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import boolean, string
from clusters.terminal.kubectl.printers.tabwriter import new_tab_writer
from clusters.terminal.kubectl.printing import Printer

_VERBS: Final = frozenset(
    [
        "get",
        "list",
        "watch",
        "create",
        "update",
        "patch",
        "delete",
        "deletecollection",
        "use",
        "bind",
        "impersonate",
        "*",
        "approve",
        "sign",
        "escalate",
        "attest",
    ]
)
_URL_VERBS: Final = frozenset(["get", "put", "post", "head", "options", "delete", "patch", "*"])
_USAGE: Final = (
    "you must specify two arguments: verb resource or verb resource/resourceName.\n"
    "See 'kubectl auth can-i -h' for help and examples."
)
_REVIEWS: Final = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


async def can_i(k: Kubectl) -> None:
    """Print yes or no; no is exit code 1."""
    if k.flags["list"]:
        await print_list(k)
        return
    if len(k.args) != 2:
        raise CommandError(_USAGE)
    verb, asked = k.args
    attributes = _of_url(k, verb, asked) if asked.startswith("/") else await _of_resource(k, verb, asked)
    if k.flags["no-headers"]:
        raise CommandError("--no-headers cannot be set without --list specified")
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": attributes}
    status = (await k.client.create(_REVIEWS, review))["status"]
    reasons = [status[name] for name in ("reason", "evaluationError") if status.get(name)]
    text = "yes" if status.get("allowed") else " - ".join(["no", *reasons])
    if not k.flags["quiet"]:
        k.out(f"{text}\n")
    if not status.get("allowed"):
        raise ExitError(1)


def _of_url(k: Kubectl, verb: str, path: str) -> Object:
    if k.flags["subresource"]:
        raise CommandError("--subresource can not be used with NonResourceURL")
    if verb not in _URL_VERBS:
        _warn(k, f"verb '{verb}' is not a known verb")
    return {"nonResourceAttributes": {"verb": verb, "path": path}}


async def _of_resource(k: Kubectl, verb: str, asked: str) -> Object:
    word, _, name = asked.partition("/")
    group, resource, namespaced = "", word, True
    if word != "*":
        try:
            mapping = (await k.mapper()).find(word.lower())
            group, resource, namespaced = mapping.group, mapping.plural, mapping.namespaced
        except NoResourceMatchError as error:
            if word not in ("users", "groups"):
                _warn(k, str(error).replace('"', "'"))
    everywhere = k.flags["all-namespaces"]
    if not namespaced and not everywhere:
        where = f" in group '{group}'" if group else ""
        _warn(k, f"resource '{resource}' is not namespace scoped{where}")
    if verb not in _VERBS:
        _warn(k, f"verb '{verb}' is not a known verb")
    found = {
        "namespace": "" if everywhere else k.namespace,
        "verb": verb,
        "group": group,
        "resource": resource,
        "subresource": k.flags["subresource"],
        "name": name,
    }
    return {"resourceAttributes": {key: value for key, value in found.items() if value}}


def _warn(k: Kubectl, text: str) -> None:
    # These texts end with a line break of their own.
    k.err(f"Warning: {text}\n\n")


async def whoami(k: Kubectl) -> None:
    """Print the name and the groups of whoever asks."""
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    found = await k.client.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", review)
    if k.flags["output"]:
        Printer(k, "").print(found)
        return
    user = found["status"]["userInfo"]
    writer = new_tab_writer(k.out)
    writer.write("ATTRIBUTE\tVALUE\n")
    rows = [("Username", user.get("username")), ("UID", user.get("uid"))]
    rows += [("Groups", f"[{' '.join(user['groups'])}]" if user.get("groups") else "")]
    extra = user.get("extra") or {}
    rows += [(f"Extra: {key}", f"[{' '.join(extra[key])}]") for key in sorted(extra)]
    for attribute, value in rows:
        if value:
            writer.write(f"{attribute}\t{value}\n")
    writer.flush()


COMMAND: Final = Command(
    "auth",
    commands=(
        Command(
            "can-i",
            can_i,
            (
                flag_sets.ALL_NAMESPACES,
                boolean("quiet", shorthand="q", about="only the exit code"),
                string("subresource", about="such as log or scale"),
                boolean("list", about="all that is allowed"),
                boolean("no-headers", about="the list without the line of headers"),
            ),
            use="VERB [TYPE | TYPE/NAME | URL]",
            about="Whether something is allowed.",
        ),
        Command("reconcile", unsupported=True),
        Command("whoami", whoami, flag_sets.PRINT, about="Who you are to the cluster."),
    ),
    about="Who you are, and what you may do.",
)
