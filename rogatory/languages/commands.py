"""Command lines in the reader's language: their help, and what typer says of wrong usage."""

from __future__ import annotations

import gettext
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Final, NoReturn

import typer
from pydantic import ValidationError
from typer import _click
from typer.main import get_command

from rogatory.languages import catalogues
from rogatory.languages.catalogues import catalogue, languages
from rogatory.languages.choosing import nearest, of_environment
from rogatory.languages.saying import reader, reading, say
from rogatory.protocol.text import message

LanguageOption = Annotated[
    str | None,
    typer.Option(
        "--language", help="Language to answer in, as fr; else as ROGATORY_LANGUAGE, LC_ALL, LC_MESSAGES or LANG say."
    ),
]
"""For the callback of an application: it says what can be given, and is read before the rest is."""

USAGE: Final = "Usage: "
PANELS: Final = {
    "DEPRECATED_STRING": "(deprecated) ",
    "DEFAULT_STRING": "[default: {}]",
    "ENVVAR_STRING": "[env var: {}]",
    "REQUIRED_LONG_STRING": "[required]",
    "ARGUMENTS_PANEL_TITLE": "Arguments",
    "OPTIONS_PANEL_TITLE": "Options",
    "COMMANDS_PANEL_TITLE": "Commands",
    "ERRORS_PANEL_TITLE": "Error",
    "ABORTED_TEXT": "Aborted.",
    "RICH_HELP": "Try [blue]'{command_path} {help_option}'[/] for help.",
}
"""What typer looks up once, when it is imported, by the names of its constants."""

SUGGESTION: Final = ". Did you mean "
"""Between what typer says in a reader's language, and what it adds in English."""

REASONS: Final[dict[str, Callable[[dict[str, str]], str]]] = {
    "int_parsing": lambda limits: message("it is no whole number"),
    "float_parsing": lambda limits: message("it is no number"),
    "greater_than_equal": lambda limits: message("the least is {least}", least=limits["ge"]),
    "less_than_equal": lambda limits: message("the most is {most}", most=limits["le"]),
    "value_error": lambda limits: _one_of(limits["error"]),
}
"""By the type of a pydantic error, which tells only in English what typer made of a value."""

_CHOICES: Final = " is not one of "


def _one_of(error: str) -> str:
    """Typer's own English about a choice."""
    _, _, choices = error.rstrip(".").partition(_CHOICES)
    return message("it is one of {choices}", choices=choices.replace("'", "")) if choices else error


OF_TYPER: Final = (USAGE, *PANELS.values(), "[OPTIONS]", "COMMAND [ARGS]...", "Show this message and exit.")
"""Words of typer's that it says in English whatever the language, or for the whole process."""


@contextmanager
def speaking(app: typer.Typer, arguments: Sequence[str] | None = None) -> Iterator[Callable[[], NoReturn]]:
    """Speak the reader's language within; gives what runs the application, and ends with its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    command = get_command(app)
    with reading(_language(command, given)), _words_of_typer():
        translate(command)
        yield lambda: _run(command, given)


def tell(text: str, *, err: bool = False) -> None:
    """Print a text in the reader's language, on standard output or standard error."""
    typer.echo(say(text), err=err)


def _language(command: _click.Command, arguments: list[str]) -> str:
    """The language asked for, or the environment's. With --json programs read, which find the same words anywhere."""
    if "--json" in arguments:
        return catalogues.SOURCE
    asked = command.make_context("", list(arguments), resilient_parsing=True).params.get("language")
    return (nearest([asked]) if asked else None) or of_environment(os.environ)


def _run(command: _click.Command, arguments: list[str]) -> NoReturn:
    try:
        asked = command.make_context("", list(arguments), resilient_parsing=True).params.get("language")
        if asked and nearest([asked]) is None:
            raise typer.BadParameter(
                say(message("{language} is none of {known}", language=asked, known=languages())),
                param_hint="--language",
            )
        sys.exit(command.main(arguments, standalone_mode=False) or 0)
    except _click.exceptions.ClickException as error:
        said = say(_usage_error(error))
        error.format_message = lambda: said  # type: ignore[method-assign]
        _shown().rich_format_error(error)
        sys.exit(error.exit_code)
    except typer.Abort:
        _shown().rich_abort_error()
        sys.exit(1)


def _usage_error(error: _click.exceptions.ClickException) -> str:
    """What is wrong with a command line, as typer's English says it, and more of it where it is about values."""
    match error:
        case _click.exceptions.MissingParameter():
            return message("{name} is missing", name=_name(error))
        case _click.exceptions.NoSuchOption():
            if error.possibilities:
                likely = tuple(sorted(error.possibilities))
                return message("there is no option {name}; perhaps {near}", name=error.option_name, near=likely)
            return message("there is no option {name}", name=error.option_name)
        case _click.exceptions.BadParameter() if error.param is not None or error.param_hint:
            return message("{name} cannot be this: {reason}", name=_name(error), reason=_reason(error))
        case _click.exceptions.BadParameter():
            return error.message
        case _:
            problem, _, near = error.format_message().partition(SUGGESTION)
            return message("{problem}; perhaps {near}", problem=problem, near=near.rstrip("?")) if near else problem


def _reason(error: _click.exceptions.BadParameter) -> str:
    """Why a value is refused: in our words where we have any, else as it was said."""
    if isinstance(error.__cause__, ValidationError):
        first = error.__cause__.errors()[0]
        limits = {name: str(value) for name, value in first.get("ctx", {}).items()}
        if reason := REASONS.get(first["type"]):
            return reason(limits)
    return error.message


def _name(error: _click.exceptions.BadParameter) -> str:
    hint = error.param_hint or (error.param.get_error_hint() if error.param is not None else "")
    return " / ".join((hint,) if isinstance(hint, str) else hint).replace("'", "")


def translate(command: Any) -> None:
    """Say a built command and all below it in the reader's language."""
    for holder, name, text in texts_of(command):
        setattr(holder, name, lookup(text))
    for each in commands_of(command):
        usage = each.get_usage
        each.get_usage = lambda ctx, usage=usage: usage(ctx).replace(USAGE, lookup(USAGE), 1)


def texts_of(command: Any) -> Iterator[tuple[Any, str, str]]:
    """What a command and all below it show, as holder, name of the attribute, and text with paragraphs unwrapped."""
    for each in commands_of(command):
        # A command's own option --help is among the parameters of a context only.
        holders = [each, *each.get_params(_click.Context(each))]
        for holder in holders:
            for name in ("help", "short_help", "epilog", "options_metavar", "subcommand_metavar"):
                if text := getattr(holder, name, None):
                    yield holder, name, unwrapped(text)


def commands_of(command: Any) -> Iterator[Any]:
    """A command and all below it."""
    yield command
    for each in getattr(command, "commands", {}).values():
        yield from commands_of(each)


def unwrapped(text: str) -> str:
    """Each paragraph on one line, as typer shows it: a message id that does not change with where lines end."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def lookup(text: str) -> str:
    """A text without values in the reader's language."""
    return catalogue(reader(), catalogues.LOCALE).gettext(text) if text else text


@contextmanager
def _words_of_typer() -> Iterator[None]:
    """Let typer say its own words in the reader's language. It asks the standard library, or asked it once."""
    if reader() == catalogues.SOURCE:
        yield  # English is what it says by itself
        return
    shown = _shown()
    before, constants = gettext.dgettext, {name: getattr(shown, name) for name in PANELS}
    gettext.dgettext = lambda domain, message: lookup(message)
    for name, text in PANELS.items():
        setattr(shown, name, lookup(text))
    try:
        yield
    finally:
        gettext.dgettext = before
        for name, text in constants.items():
            setattr(shown, name, text)


def _shown() -> Any:
    """What typer shows help and errors with. It brings megabytes, which a node or relay that runs does without."""
    from typer import rich_utils

    return rich_utils
