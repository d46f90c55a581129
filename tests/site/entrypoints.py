"""Whether a command line of a container would start: parsed by the program that it names."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from importlib import import_module

import celery.bin.beat
import celery.bin.worker
from daphne.cli import CommandLineInterface
from django.core.management import get_commands, load_command_class
from django.utils.module_loading import import_string

_CELERY = {"worker": celery.bin.worker.worker, "beat": celery.bin.beat.beat}


def check_command(command: str | Sequence[str]) -> None:
    """Raises (SystemExit too) when the program is unknown, or does not know these arguments."""
    program, *arguments = shlex.split(command) if isinstance(command, str) else list(command)
    if program == "python":
        script, name, *arguments = arguments
        assert script == "manage.py"
        load_command_class(get_commands()[name], name).create_parser("manage.py", name).parse_args(arguments)
    elif program == "daphne":
        parsed = CommandLineInterface().parser.parse_args(arguments)
        module, _, attribute = parsed.application.partition(":")
        assert import_string(f"{module}.{attribute}")
    elif program == "celery":
        dash, module, name, *arguments = arguments
        assert (dash, import_module(f"{module}.celery").app.main) == ("-A", "voicebot")
        known = {option for each in _CELERY[name].params for option in each.opts}
        assert {argument for argument in arguments if argument.startswith("-")} <= known
    else:
        raise AssertionError(f"{program} is no program of ours")
