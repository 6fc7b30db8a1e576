"""What may stand in the query and in the path of a request, in words of OpenAPI.

The names and types are those of apimachinery's ListOptions, CreateOptions, PatchOptions and so on
(`pkg/apis/meta/v1/types.go`) and core's PodLogOptions, PodExecOptions and the like. Left out:
`shardSelector` and `ignoreStoreReadErrorWithClusterBreakingPotential`, which ask for what is not there.
"""

from typing import Any, Final, NamedTuple


class Parameter(NamedTuple):
    """A name, a type of OpenAPI, and what it is for."""

    name: str
    type: str
    about: str

    def published(self, place: str = "query") -> dict[str, Any]:
        """As a document has it; those of the path are always needed."""
        described = {"name": self.name, "in": place, "description": self.about}
        needed = {"required": True} if place == "path" else {}
        return {**described, **needed, "schema": {"type": self.type}}


PRETTY: Final = Parameter("pretty", "string", "If 'true', the answer is written for people to read.")
IN_PATH: Final = {
    "name": Parameter("name", "string", "Name of the object."),
    "namespace": Parameter("namespace", "string", "Namespace of the object."),
}

_DRY_RUN: Final = Parameter("dryRun", "string", "If 'All', everything is checked and nothing is kept.")
_MANAGER: Final = Parameter("fieldManager", "string", "Who is said to own the fields that are set.")
_CONTINUE: Final = Parameter("continue", "string", "The token of the page before, to get the next one.")
_VALIDATION: Final = Parameter(
    "fieldValidation", "string", "What is done about unknown and duplicate fields: Ignore, Warn or Strict."
)
_VERSION: Final = Parameter("resourceVersion", "string", "Which version the answer is of.")
_MATCH: Final = Parameter(
    "resourceVersionMatch", "string", "How resourceVersion is meant: Exact or NotOlderThan."
)
_FIELDS: Final = Parameter("fieldSelector", "string", "Only objects with these fields.")
_LABELS: Final = Parameter("labelSelector", "string", "Only objects with these labels.")
_LIMIT: Final = Parameter("limit", "integer", "How many objects a page has at most.")
_BOOKMARKS: Final = Parameter("allowWatchBookmarks", "boolean", "A watch may get events of type BOOKMARK.")
_INITIAL: Final = Parameter(
    "sendInitialEvents", "boolean", "A watch starts with all there is, then a BOOKMARK."
)
_TIMEOUT: Final = Parameter("timeoutSeconds", "integer", "After how many seconds a watch ends.")
_WATCH: Final = Parameter("watch", "boolean", "Tell of changes, as a stream of events.")

SELECT: Final = (_CONTINUE, _FIELDS, _LABELS, _LIMIT, _VERSION, _MATCH, _INITIAL, _TIMEOUT)
LIST: Final = (_BOOKMARKS, *SELECT, _WATCH)
WRITE: Final = (_DRY_RUN, _MANAGER, _VALIDATION)
PATCH: Final = (*WRITE, Parameter("force", "boolean", "Take fields from other managers, in an apply."))
DELETE: Final = (
    _DRY_RUN,
    Parameter("gracePeriodSeconds", "integer", "How many seconds the object has to end; 0 is at once."),
    Parameter("orphanDependents", "boolean", "Deprecated: use propagationPolicy."),
    Parameter("propagationPolicy", "string", "What becomes of dependents: Orphan, Background or Foreground."),
)

_CONTAINER: Final = Parameter("container", "string", "Which container; may be left out if there is only one.")
_STREAMS: Final = (
    _CONTAINER,
    Parameter("stderr", "boolean", "Send what is written to standard error."),
    Parameter("stdin", "boolean", "Take standard input."),
    Parameter("stdout", "boolean", "Send what is written to standard output."),
    Parameter("tty", "boolean", "Give the program a terminal."),
)
CONNECT: Final = {
    "attach": _STREAMS,
    "exec": (
        Parameter("command", "string", "The program and each of its arguments, once for each."),
        *_STREAMS,
    ),
    "portforward": (Parameter("ports", "integer", "Which ports; once for each."),),
}
LOG: Final = (
    _CONTAINER,
    Parameter("follow", "boolean", "Go on with what is written later."),
    Parameter("insecureSkipTLSVerifyBackend", "boolean", "Do not check the kubelet's certificate."),
    Parameter("limitBytes", "integer", "How many bytes at most."),
    Parameter("previous", "boolean", "Of the container that ran before the last restart."),
    Parameter("sinceSeconds", "integer", "Only the last so many seconds."),
    Parameter("sinceTime", "string", "Only from this time on, as RFC 3339 writes it."),
    Parameter("stream", "string", "Which of the streams: All, Stdout or Stderr."),
    Parameter("tailLines", "integer", "Only the last so many lines."),
    Parameter("timestamps", "boolean", "Begin each line with its time."),
)
