"""`kubectl help` and `--help`, in our own words: upstream's are long, and are documented elsewhere."""

from clusters.terminal.kubectl.cobra import Command, Found
from clusters.terminal.kubectl.pflag import Flag


def help_text(found: Found) -> str:
    """What a command does, its sub-commands and its flags."""
    command = found.command
    lines = [f"{command.about}\n"] if command.about else []
    shown = [sub for sub in command.commands if not sub.hidden and not sub.unsupported]
    if shown:
        lines += ["Available Commands:", *(_row(sub.name, sub.about) for sub in shown), ""]
    flags = [flag for flag in command.flags if flag.about and not flag.hidden]
    if flags:
        lines += ["Options:", *(_row(_flag_name(flag), flag.about) for flag in flags), ""]
    lines += ["Usage:", f"  {_usage(found.path, command)}"]
    return "\n".join(lines) + "\n"


def _usage(path: str, command: Command) -> str:
    parts = [path, "COMMAND" if command.commands and command.run is None else command.use, "[options]"]
    return " ".join(part for part in parts if part)


def _flag_name(flag: Flag) -> str:
    letter = f"-{flag.shorthand}, " if flag.shorthand else "    "
    return f"{letter}--{flag.name}"


def _row(name: str, about: str) -> str:
    return f"  {name:<26} {about}".rstrip()
