"""Logging: one line an event, and no secrets in it."""

import logging
import re

# A claim token makes whoever shows it the owner of a cluster, and it travels in query strings.
SECRET = re.compile(r"(?i)\b(claim|token|sessionid|csrftoken)=[^\s&\"';]+")
# Whoever has the key of a cluster's API may write to it, and kubectl sends it in the path.
KEY = re.compile(r"(?i)(/k8s/+)[^/\s?\"']+")
# In whatever place a client or a person has put it.
ANYWHERE = re.compile(r"\b[a-z2-7]{26}\b")


class LineFormatter(logging.Formatter):
    """Formats a record as `2026-11-24 08:00:00 INFO sandbox.access GET / 200`, with secrets masked.

    Line breaks in the message are written as \\n, so that nobody can forge a line; a traceback, if there
    is one, follows on lines of its own.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", "%Y-%m-%d %H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Returns the record's single line."""
        return super().formatMessage(record).replace("\r", "\\r").replace("\n", "\\n")

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line and its traceback, if any, with the values of secrets replaced by ***."""
        return masked(super().format(record))


def without_traceback(record: logging.LogRecord) -> bool:
    """A filter that keeps the message and drops the traceback: it would be about Django, not about us."""
    record.exc_info = None
    return True


def masked(text: str) -> str:
    """Returns `text` with the values of secret query parameters, and keys, replaced by ***."""
    return ANYWHERE.sub("***", KEY.sub(r"\1***", SECRET.sub(r"\1=***", text)))
