"""Characters that could steer a terminal.

Models cli-runtime's `pkg/printers/terminal.go`.
"""


def escape_terminal(text: str) -> str:
    """A text with its escape characters and carriage returns made visible."""
    return text.replace("\x1b", "^[").replace("\r", "\\r")
