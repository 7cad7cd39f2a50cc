"""Command line options made from the table of settings."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fmac_ros import task_setting
from fmac_ros.settings import SETTINGS, Parameters, Value, parse

# A switch turns what a plain run does into the other thing.
SWITCHES = {
    "use_video": ("--no-video", "learn without the video prior"),
    "use_value": ("--no-value", "learn without the value prior"),
    "choose_by_q": (
        "--choose-by-q",
        "fac: act with the better, by the critic, of the policy's action and the video's; "
        "the video prior is then asked at every step",
    ),
    "reliability": ("--reliability", "weigh each prior by its agreement with outcomes"),
    "lockstep": ("--real-time", "simulate in real time instead of as fast as possible"),
}


def add_settings(
    parser: argparse.ArgumentParser,
    defaults: Mapping[str, Value],
    flags: Mapping[str, str] | None = None,
) -> None:
    """Add one option per setting; a setting that is not given stays out of the namespace.

    Args:
        flags: spelling of a setting where it is not the setting's own name.
    """
    for name in defaults:
        if name in SWITCHES:
            _add_switch(parser, name, not defaults[name])
        else:
            flag = (flags or {}).get(name, "--" + name.replace("_", "-"))
            _add_option(parser, flag, name, defaults)


def given_settings(args: argparse.Namespace, names: Mapping[str, Value]) -> Parameters:
    """Those settings that the user gave on the command line."""
    return {name: getattr(args, name) for name in names if hasattr(args, name)}


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result here, too")


def add_arm(parser: argparse.ArgumentParser) -> None:
    """Add ``--arm``."""
    parser.add_argument(
        "--arm",
        action="store_true",
        help="let a real arm move as soon as everything is there: your word, once; after a fault "
        "it must be armed again. Without it, type arm",
    )


def _add_switch(parser: argparse.ArgumentParser, name: str, value: bool) -> None:
    spelling, text = SWITCHES[name]
    parser.add_argument(
        spelling,
        dest=name,
        action="store_const",
        const=value,
        default=argparse.SUPPRESS,
        help=text,
    )


class _AddSentence(argparse.Action):
    """Another ``--task`` is another sentence for the same policy, not a replacement."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        before = getattr(namespace, self.dest, None)
        sentences = filter(None, (before, values))
        setattr(namespace, self.dest, task_setting.join(sentences))


def _add_option(
    parser: argparse.ArgumentParser, flag: str, name: str, defaults: Mapping[str, Value]
) -> None:
    setting = SETTINGS[name]
    parser.add_argument(
        flag,
        dest=name,
        action=_AddSentence if name == "task" else "store",
        type=_reader(name, defaults),
        choices=setting.choices() if setting.choices else None,
        default=argparse.SUPPRESS,
        metavar=flag.strip("-").upper().replace("-", "_"),
        help=_help(name, defaults[name]),
    )


def _reader(name: str, defaults: Mapping[str, Value]) -> Callable[[str], Value]:
    def read(text: str) -> Value:
        try:
            return parse(name, text, defaults)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read


def _help(name: str, default: Value) -> str:
    setting = SETTINGS[name]
    choices = f"; one of {', '.join(setting.choices())}" if setting.choices else ""
    return f"{setting.help}{choices} (default: {default})".replace("%", "%%")


def names(option: str, given: str | None, valid: tuple[str, ...]) -> tuple[str, ...]:
    """The names in ``a,b``, all valid ones without an option. Raises ValueError."""
    found = tuple(name.strip() for name in given.split(",")) if given is not None else valid
    wrong = [name for name in found if name not in valid]
    if wrong:
        raise ValueError(f"--{option} has {', '.join(wrong)!r}, valid: {', '.join(valid)}")
    return found
