"""kubectl create token.

Models kubectl's `pkg/cmd/create/create_token.go`.
"""

from typing import Final

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.generate import collection, name_from_args
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import array, duration, string
from clusters.terminal.kubectl.printing import Printer

_KINDS: Final = ("Node", "Pod", "Secret")
"""To what a token can be bound."""


async def run(k: Kubectl) -> None:
    name = name_from_args(k)
    printer = Printer(k, "created")
    _check(k, name)
    path = f"{collection(k, 'serviceaccounts')}/{name}/token"
    try:
        made = await k.client.create(path, _request(k))
    except StatusError as error:
        raise CommandError(f"failed to create token: {error.message}") from error
    token = made["status"].get("token")
    if not token:
        raise CommandError("failed to create token: no token in server response")
    if k.flags.changed("output"):
        printer.print(made)
    else:
        k.out(f"{token}\n" if k.host.interactive else token)


def _request(k: Kubectl) -> Object:
    spec: Object = {"audiences": k.flags["audience"] or None}
    if k.flags["duration"]:
        spec["expirationSeconds"] = int(k.flags["duration"])
    if k.flags["bound-object-kind"]:
        spec["boundObjectRef"] = {
            "kind": k.flags["bound-object-kind"],
            "apiVersion": "v1",
            "name": k.flags["bound-object-name"],
            "uid": k.flags["bound-object-uid"],
        }
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}


def _check(k: Kubectl, name: str) -> None:
    seconds, kind = k.flags["duration"], k.flags["bound-object-kind"]
    for wrong, said in (
        (not name, "service account name is required"),
        (seconds < 0, "--duration must be greater than or equal to 0"),
        (seconds % 1, "--duration cannot be expressed in units less than seconds"),
        ("" in k.flags["audience"], "--audience must not be an empty string"),
    ):
        if wrong:
            raise CommandError(said)
    if not kind:
        for part in ("name", "uid"):
            if k.flags[f"bound-object-{part}"]:
                raise CommandError(
                    f"--bound-object-{part} can only be set if --bound-object-kind is provided"
                )
    elif kind not in _KINDS:
        raise CommandError(f"supported --bound-object-kind values are {', '.join(_KINDS)}")
    elif not k.flags["bound-object-name"]:
        raise CommandError("--bound-object-name is required if --bound-object-kind is provided")


COMMAND: Final = Command(
    "token",
    run,
    (
        *flag_sets.PRINT,
        array("audience", about="for whom the token is"),
        duration("duration", about="how long it is valid"),
        string("bound-object-kind", about="Pod, Secret or Node: it ends with that object"),
        string("bound-object-name"),
        string("bound-object-uid"),
    ),
    use="SERVICE_ACCOUNT_NAME",
    about="Get a token of a service account.",
)
