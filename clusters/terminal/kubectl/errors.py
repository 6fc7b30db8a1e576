"""What goes wrong in kubectl, and what it says of it before it ends.

Models kubectl's `pkg/cmd/util/helpers.go` (CheckErr and what it calls).
"""

from collections.abc import Callable, Sequence

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.objects import Object
from clusters.terminal.kubectl.printers.gofmt import quote


class CommandError(Exception):
    """A command cannot go on. Its text is printed with "error: " before it, and the exit code is `code`."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class ExitError(Exception):
    """The command ends with this code, and all that is to be said (`message`, whole lines) says so itself."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class NoResourceMatchError(Exception):
    """The server has no such resource."""

    def __init__(self, resource: str, group: str = "", version: str = "") -> None:
        where = f" in group {quote(group)}" if group else ""
        joint = " and" if group else " in"
        where += f"{joint} version {quote(version)}" if version else ""
        super().__init__(f"the server doesn't have a resource type {quote(resource)}{where}")


class AggregateError(Exception):
    """Several errors at once."""

    def __init__(self, errors: Sequence[Exception]) -> None:
        texts = list(dict.fromkeys(str(error) for error in errors))
        super().__init__(texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]")
        self.errors = list(errors)


KubectlError = (CommandError, ExitError, NoResourceMatchError, AggregateError, StatusError)
"""What `check` has words for."""


class UnsupportedError(CommandError):
    """The real kubectl can do this, and this one cannot. The text says so of "this terminal"."""


def aggregate(errors: Sequence[Exception]) -> Exception | None:
    """No error, the error, or all of them as one, as apimachinery's NewAggregate does."""
    return None if not errors else errors[0] if len(errors) == 1 else AggregateError(errors)


def without(error: Exception, ignored: Callable[[Exception], bool]) -> Exception | None:
    """What is left of an error, or of several, if some do not count."""
    several = error.errors if isinstance(error, AggregateError) else [error]
    return aggregate([one for one in several if not ignored(one)])


def check(error: Exception) -> tuple[str, int]:
    """What is printed to stderr about an error, and the exit code."""
    if isinstance(error, AggregateError) and len(error.errors) == 1:
        error = error.errors[0]
    if isinstance(error, ExitError):
        return error.message, error.code
    if isinstance(error, StatusError) and error.reason == "Invalid" and error.code == 422:
        return _invalid(error), 1
    if isinstance(error, AggregateError):
        return "".join(f"{message_for(one)}\n" for one in error.errors), 1
    if isinstance(error, NoResourceMatchError):
        return f"error: {error}\n", 1
    text = standard_message(error)
    if text is None:
        text = str(error)
        if not text.startswith("error: "):
            text = f"error: {text}"
    code = error.code if isinstance(error, CommandError) else 1
    return text if text.endswith("\n") else f"{text}\n", code


def message_for(error: Exception) -> str:
    """One error among several."""
    text = standard_message(error)
    return str(error) if text is None else text


def standard_message(error: Exception) -> str | None:
    """What is said of the server's refusals; None for other errors."""
    if not isinstance(error, StatusError):
        return None
    if error.reason == "Unauthorized":
        return f"error: You must be logged in to the server ({error.message})"
    if error.reason:
        return f"Error from server ({error.reason}): {error.message}"
    return f"Error from server: {error.message}"


def with_source(verb: str, source: str, error: Exception) -> Exception:
    """The error, said of a file: upstream's AddSourceToErr."""
    if not source:
        return error
    if isinstance(error, StatusError):
        message = f"error when {verb} {quote(source)}: {error.message}"
        return StatusError(error.code, error.reason, message, error.details)
    return CommandError(f"error when {verb} {quote(source)}: {error}")


def is_not_found(error: Exception) -> bool:
    """Whether the server says that there is no such object."""
    return isinstance(error, StatusError) and error.reason == "NotFound"


def status_error(status: Object, code: int) -> StatusError:
    """The error of an answer's body, a metav1.Status."""
    return StatusError(
        status.get("code") or code,
        status.get("reason") or "",
        status.get("message") or "",
        status.get("details"),
    )


def _invalid(error: StatusError) -> str:
    details = error.details
    said = "The request is invalid"
    causes = list(
        dict.fromkeys(
            f"{cause.get('field', '')}: {cause.get('message', '')}" for cause in details.get("causes") or ()
        )
    )
    if details.get("kind") or details.get("name"):
        said = f"The {details.get('kind', '')} {quote(details.get('name', ''))} is invalid"
    elif error.message and not causes:
        said += f": {error.message}"
    if not causes:
        return f"{said}\n"
    if len(causes) == 1:
        return f"{said}: {causes[0]}\n"
    return f"{said}: \n" + "".join(f"* {cause}\n" for cause in causes)
