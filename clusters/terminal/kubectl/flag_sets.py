"""Flags that several commands share, as cli-runtime's `genericclioptions` and cmdutil's helpers have them."""

from typing import TYPE_CHECKING, Final

from clusters.terminal.kubectl import klog
from clusters.terminal.kubectl.errors import CommandError, UnsupportedError
from clusters.terminal.kubectl.host import Query
from clusters.terminal.kubectl.pflag import (
    FALSE,
    TRUE,
    Flag,
    FlagSet,
    array,
    boolean,
    integer,
    parse_duration,
    string,
    strings,
)
from clusters.terminal.kubectl.printers.gofmt import quote

if TYPE_CHECKING:
    from clusters.terminal.kubectl.kubectl import Kubectl

_OTHER_CLUSTERS: Final = tuple(
    string(name)
    for name in (
        "as-uid",
        "cache-dir",
        "certificate-authority",
        "client-certificate",
        "client-key",
        "cluster",
        "context",
        "kubeconfig",
        "kuberc",
        "log-flush-frequency",
        "password",
        "profile",
        "profile-output",
        "proxy-url",
        "tls-server-name",
        "token",
        "user",
        "username",
        "vmodule",
    )
)

PERSISTENT: Final = (
    string("namespace", shorthand="n", about="the namespace that is meant"),
    string("request-timeout", "0", about="how long to wait for one answer of the server"),
    boolean("warnings-as-errors", about="fail if the server warns"),
    boolean("match-server-version"),
    boolean("disable-compression"),
    boolean("insecure-skip-tls-verify"),
    integer("v", 0, "v", no_opt=""),
    string("as", about="act as somebody else"),
    array("as-group"),
    array("as-user-extra"),
    string("server", shorthand="s"),
    *_OTHER_CLUSTERS,
)
"""What every command takes. This kubectl knows one cluster; `refuse_unusable` refuses what names another."""

_ELSEWHERE: Final = (
    "as", "as-group", "as-uid", "as-user-extra", "certificate-authority", "client-certificate", "client-key",
    "cluster", "context", "insecure-skip-tls-verify", "kubeconfig", "kuberc", "password", "proxy-url",
    "server", "tls-server-name", "token", "user", "username",
)  # fmt: skip
_WATCHING: Final = ("profile", "profile-output", "v", "vmodule")
"""What makes kubectl tell of its own work."""


def refuse_unusable(flags: FlagSet) -> None:
    """Raises UnsupportedError for a flag that only the real kubectl can obey."""
    for name in _ELSEWHERE:
        if flags.changed(name):
            raise UnsupportedError(
                f"--{name} is known to kubectl, but this terminal has one cluster and one user: leave it out"
            )
    for name in _WATCHING:
        if flags.changed(name):
            raise UnsupportedError(f"the real kubectl has --{name}, and this terminal does not")


def demand_timeout(flags: FlagSet) -> None:
    """Raises CommandError for a --request-timeout that is none: clientcmd.ParseTimeout."""
    said: str = flags["request-timeout"]
    try:
        parse_duration("0" if said.isdecimal() else said or "0")
    except ValueError as error:
        raise CommandError(
            "Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a "
            "corresponding time unit (e.g. 1s | 2m | 3h)"
        ) from error


def output(default: str = "", about: str = "json, yaml, name, jsonpath=... and others") -> Flag:
    """-o of a command with a usual format."""
    return string("output", default, "o", about)


PRINT: Final = (
    output(),
    string("template", about="the template of -o go-template or jsonpath"),
    boolean("allow-missing-template-keys", True),
    boolean("show-managed-fields", about="keep managedFields in JSON and YAML"),
)

FILENAME: Final = strings("filename", shorthand="f", about="files with manifests")
FILENAMES: Final = (FILENAME, string("kustomize", shorthand="k"), boolean("recursive", shorthand="R"))
FILENAMES_ALONE: Final = (FILENAME, boolean("recursive", True, shorthand="R"))
"""Of commands without -k."""
SELECTOR: Final = string("selector", shorthand="l", about="labels that objects must have: a=b,c!=d")
FIELD_SELECTOR: Final = string("field-selector", about="fields that objects must have")
ALL_NAMESPACES: Final = boolean("all-namespaces", shorthand="A", about="in all namespaces")
DRY_RUN: Final = string(
    "dry-run", "none", no_opt="unchanged", about="client: only print; server: try, and store nothing"
)
VALIDATE: Final = string("validate", "strict", no_opt="strict", about="strict, warn or ignore")
ALL: Final = boolean("all", about="all objects of the kind in the namespace")
CHUNK_SIZE: Final = integer("chunk-size", 500, about="how many objects to ask for at once")
SUBRESOURCE: Final = string("subresource")


def field_manager(default: str) -> Flag:
    """--field-manager of a command that is one by itself."""
    return string("field-manager", default, about="who owns the fields that are written")


def dry_run(k: "Kubectl") -> str:
    """none, client or server; of the old forms it is told that they are old. Raises CommandError.

    Models cmdutil.GetDryRunStrategy.
    """
    said: str = k.flags["dry-run"]
    if said in ("none", "client", "server"):
        return said
    if said == "unchanged":
        _tell_old_dry_run(k, "helpers.go:714", "--dry-run is deprecated", "client")
        return "client"
    if said in TRUE or said in FALSE:
        meant, at = ("client", 728) if said in TRUE else ("none", 731)
        _tell_old_dry_run(k, f"helpers.go:{at}", f"--dry-run={said} is deprecated (boolean value)", meant)
        return meant
    raise CommandError(f'Invalid dry-run value ({said}). Must be "none", "server", or "client".')


def dry_run_query(strategy: str) -> Query:
    """What a write says to the server so that it stores nothing."""
    return (("dryRun", "All"),) if strategy == "server" else ()


def _tell_old_dry_run(k: "Kubectl", place: str, said: str, meant: str) -> None:
    k.err(klog.line(k, "W", place, f"{said} and can be replaced with --dry-run={meant}."))


def validation(flags: FlagSet) -> str:
    """Strict, Warn or Ignore, as `fieldValidation` takes it. Raises CommandError."""
    said: str = flags["validate"]
    if said == "strict" or said in TRUE:
        return "Strict"
    if said == "ignore" or said in FALSE:
        return "Ignore"
    if said == "warn":
        return "Warn"
    options = "must be one of: strict (or true), warn, ignore (or false)"
    raise CommandError(f"invalid - validate option {quote(said)}; {options}")
