"""Flags that several commands share, as cli-runtime's `genericclioptions` and cmdutil's helpers have them."""

from typing import Final

from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.pflag import (
    FALSE,
    TRUE,
    Flag,
    FlagSet,
    array,
    boolean,
    integer,
    quoted,
    string,
    strings,
)

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
"""What every command takes. This kubectl knows one cluster, so `unusable` refuses what names another."""

_ELSEWHERE: Final = (
    "as", "as-group", "as-uid", "as-user-extra", "certificate-authority", "client-certificate", "client-key",
    "cluster", "context", "insecure-skip-tls-verify", "kubeconfig", "kuberc", "password", "profile",
    "profile-output", "server", "tls-server-name", "token", "user", "username", "v", "vmodule",
)  # fmt: skip


def unusable(flags: FlagSet) -> str:
    """The first flag of a line that only the real kubectl can obey, "" for none."""
    return next((name for name in _ELSEWHERE if flags.changed(name)), "")


def output(default: str = "", about: str = "json, yaml, name, jsonpath=... and others") -> Flag:
    return string("output", default, "o", about)


PRINT: Final = (
    output(),
    string("template", about="the template of -o go-template or jsonpath"),
    boolean("allow-missing-template-keys", True),
    boolean("show-managed-fields", about="keep managedFields in JSON and YAML"),
)

FILENAMES: Final = (
    strings("filename", shorthand="f", about="files with manifests"),
    string("kustomize", shorthand="k"),
    boolean("recursive", shorthand="R"),
)
SELECTOR: Final = string("selector", shorthand="l", about="labels that objects must have: a=b,c!=d")
FIELD_SELECTOR: Final = string("field-selector", about="fields that objects must have")
ALL_NAMESPACES: Final = boolean("all-namespaces", shorthand="A", about="in all namespaces")
DRY_RUN: Final = string(
    "dry-run", "none", no_opt="unchanged", about="client: only print; server: try, and store nothing"
)
VALIDATE: Final = string("validate", "strict", no_opt="strict", about="strict, warn or ignore")
CHUNK_SIZE: Final = integer("chunk-size", 500, about="how many objects to ask for at once")
SUBRESOURCE: Final = string("subresource")


def field_manager(default: str) -> Flag:
    return string("field-manager", default, about="who owns the fields that are written")


def dry_run(flags: FlagSet) -> str:
    """none, client or server. Raises CommandError; models cmdutil.GetDryRunStrategy.

    Left out: the log line that says of the old forms that they are old.
    """
    said: str = flags["dry-run"]
    if said in ("none", "client", "server"):
        return said
    if said == "unchanged" or said in TRUE:
        return "client"
    if said in FALSE:
        return "none"
    raise CommandError(f'Invalid dry-run value ({said}). Must be "none", "server", or "client".')


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
    raise CommandError(f"invalid - validate option {quoted(said)}; {options}")
