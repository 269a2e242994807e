"""Configuration files: names to files, files and overrides to typed values, all mistakes at once."""

import argparse
import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass
from importlib.resources import files
from itertools import zip_longest
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import yaml
from jsonargparse import ArgumentError, ArgumentParser, Namespace, set_parsing_settings

from xray_resnet.bounds import Setting, list_settings, refuse_mistakes
from xray_resnet.errors import ConfigurationError
from xray_resnet.files import write_text

set_parsing_settings(docstring_parse_attribute_docstrings=True)

Section = TypeVar("Section")
_SHIPPED_IN_WHEEL = Path(str(files("xray_resnet"))) / "configs"
_SHIPPED_IN_REPOSITORY = Path(__file__).resolve().parent.parent / "configs"


_EXIT_CODES = "exit codes: 0 done, 1 failed, 2 wrong usage or settings, 3 rejected input with --strict, 130 interrupted"
_WORDS = (
    (r'Parser key "([^"]+)": ', r"\1: "),
    (r'Parser key "([^"]+)" element (\d+): ', r"\1, value \2: "),
    (r"Expected a typing\.Literal\[([^]]*)\]\.?", r"expected one of \1;"),
    (r"Expected a <class 'int'>\.?", "expected a whole number;"),
    (r"Expected a <class 'float'>\.?", "expected a number;"),
    (r"Expected a <class 'bool'>\.?", "expected true or false;"),
    (r"Expected a (?:<class ')?(tuple|list|dict)(?:'>)?\.?", r"expected a \1;"),
    (r"Got value: ", "got "),
)
"""What jsonargparse says in Python's types, and plain words."""
_GOT = re.compile(r"\bgot .*")


class CommandParser(ArgumentParser):
    """A parser that reads named configurations and answers wrong usage with a sentence, not with all of its options."""

    def __init__(self, command: str = "", *, purpose: str = "", examples: Sequence[str] = (), **of_a_part: Any) -> None:
        """Settings beyond ours come from jsonargparse, which makes parsers of this class for the parts of a mapping."""
        self._given: Sequence[str] = ()
        self._settings: dict[str, Setting] = {}
        if of_a_part:
            super().__init__(**of_a_part)
            return
        listing = "\n".join(f"  {example}" for example in examples)
        super().__init__(
            prog=command,
            usage=f"{command} [options]   (all options: {command} --help)",
            description=f"{purpose}\nResearch software, not a medical device.",
            epilog=f"examples:\n{listing}\n\n{_EXIT_CODES}",
            formatter_class=_HelpFormatter,
            exit_on_error=False,
            allow_abbrev=False,
        )
        self.add_argument("--config", action="config", help="YAML file, in the working folder or shipped.")

    def read(self, arguments: Sequence[str]) -> Namespace:
        """Parses `arguments`; the values of `--config` may be names of shipped configurations.

        Raises:
            ConfigurationError: every mistake in the files and options, each with the nearest valid key.
        """
        self._given = resolved = [*_resolve_config_names(arguments)]
        mistakes = [wrong for path in _config_paths(resolved) for wrong in self._mistakes_in_file(path)]
        mistakes += self._mistakes_in_options(resolved)
        if mistakes:
            raise ConfigurationError("\n".join(mistakes))
        try:
            return self.parse_args(resolved)
        except (ArgumentError, argparse.ArgumentError, TypeError, ValueError) as error:
            raise ConfigurationError(self._explain(str(error))) from None

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Raises every parsing error as one sentence."""
        raise ConfigurationError(self._explain(message))

    def add_class_arguments(self, kind: type, *arguments: Any, **options: Any) -> Any:
        """Adds an option for every field of a dataclass; the help of a bounded one ends with its bound."""
        added = super().add_class_arguments(kind, *arguments, **options)
        settings = {setting.key: setting for setting in list_settings(kind)}
        for action in self._actions:
            if action.dest in settings and (bounds := settings[action.dest].bounds):
                action.help = f"{(action.help or '').rstrip('.')} ({bounds})."
        self._settings |= settings
        return added

    def _mistakes_in_file(self, path: Path) -> Iterator[str]:
        known = self._keys()
        for key, value in _leaves(read_yaml(path), known):
            if key not in known:
                yield f"{path}: unknown key '{key}'{_nearest(key, known)}"
            elif wrong := self._check(key, value):
                yield f"{path}: {key} is {value!r}, {wrong}"

    def _mistakes_in_options(self, arguments: Sequence[str]) -> Iterator[str]:
        valid = self._option_strings()
        for option, value in _options(arguments):
            if option not in valid:
                yield f"unknown option {option}{_nearest(option, valid)}"
            elif value is not None and (wrong := self._check(option.removeprefix("--"), value)):
                yield f"{option.removeprefix('--')} is {value}, {wrong}"

    def _check(self, key: str, value: Any) -> str:
        """What is wrong with one value of a dataclass's field: its kind, or, if that is right, its size; else empty."""
        setting = self._settings.get(key)
        if setting is None:
            return ""
        probe = ArgumentParser(exit_on_error=False)
        probe.add_argument(f"--{key}", type=setting.kind)
        try:
            parsed = probe.parse_object(_nested(key, value))[key]
        except (ArgumentError, TypeError, ValueError) as error:
            return _name_expected(_to_plain_words(str(error)))
        return f"expected {setting.bounds}" if setting.bounds and parsed not in setting.bounds else ""

    def _keys(self) -> list[str]:
        return [*self.get_defaults(skip_validation=True).keys(branches=False)]

    def _explain(self, message: str) -> str:
        given = [argument.split("=")[0] for argument in self._given if argument.startswith("--")]
        unknown = [option for option in given if option not in self._option_strings()]
        hints = "".join(f"; {option}{_nearest(option, self._option_strings())}" for option in unknown)
        return _to_plain_words(" ".join(message.split())) + hints

    def _option_strings(self) -> list[str]:
        return [*self._option_string_actions]


def _to_plain_words(message: str) -> str:
    for pattern, words in _WORDS:
        message = re.sub(pattern, words, message)
    return message


def _name_expected(message: str) -> str:
    """What a value should have been: the kinds that a message lists, or its last line without the value."""
    if kinds := re.findall(r"- expected (a \w+)", message):
        return f"expected {' or '.join(dict.fromkeys(kinds))}"
    return _GOT.sub("", _last_line(message)).rstrip(";. ")


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the line breaks of purpose and examples; argument help is plain text."""


def resolve_config(name: str) -> Path:
    """The file of a configuration: in the working folder, else among the shipped ones.

    Raises:
        ConfigurationError: if there is none; names the nearest shipped one.
    """
    candidates = [Path(name), _shipped_folder() / Path(name).name]
    found = next((path for path in candidates if path.is_file()), None)
    if found is None:
        shipped = [path.name for path in sorted(_shipped_folder().glob("*.yaml"))]
        raise ConfigurationError(
            f"--config {name}: no such file in {Path.cwd()} or among the shipped configurations"
            f"{_nearest(name, shipped)}; shipped: {', '.join(shipped)}"
        )
    return found


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML mapping from `path`; nothing but plain values is constructed.

    Raises:
        ConfigurationError: where the text is not YAML or not a mapping.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: not a YAML file: {' '.join(str(error).split())}") from None
    if not isinstance(document, dict | None):
        raise ConfigurationError(f"{path}: expected 'section: values', got a {type(document).__name__}")
    return document or {}


def build_section(kind: type[Section], values: Namespace) -> Section:
    """The dataclass `kind` from the parsed values of the same names.

    Raises:
        ConfigurationError: with every value that is out of its bounds.
    """
    section = kind(**{field.name: values[field.name] for field in fields(kind)})  # type: ignore[arg-type]
    refuse_mistakes(section)
    return section


def read_saved(kind: type[Section], path: Path) -> Section:
    """A configuration that `write_config` saved, checked as strictly as one given to a command."""
    parser = CommandParser("configuration", purpose="A saved configuration.", examples=())
    parser.add_class_arguments(kind)
    return build_section(kind, parser.instantiate(parser.read(["--config", str(path)])))


def write_config(path: Path, config: object) -> None:
    """Saves a configuration dataclass as YAML that every command reads back."""
    write_text(path, yaml.safe_dump(_plain(config), sort_keys=False))


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def _shipped_folder() -> Path:
    return _SHIPPED_IN_WHEEL if _SHIPPED_IN_WHEEL.is_dir() else _SHIPPED_IN_REPOSITORY


def _resolve_config_names(arguments: Sequence[str]) -> Iterator[str]:
    previous = ""
    for argument in arguments:
        if previous == "--config":
            yield str(resolve_config(argument))
        elif argument.startswith("--config="):
            yield f"--config={resolve_config(argument.removeprefix('--config='))}"
        else:
            yield argument
        previous = argument


def _config_paths(arguments: Sequence[str]) -> Iterator[Path]:
    for previous, argument in zip(["", *arguments], arguments, strict=False):
        if previous == "--config":
            yield Path(argument)
        elif argument.startswith("--config="):
            yield Path(argument.removeprefix("--config="))


def _options(arguments: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Each option and the value that follows it, if one does; `--config` is not among them."""
    for argument, following in zip_longest(arguments, arguments[1:]):
        option, equals, value = argument.partition("=")
        if not option.startswith("--") or option == "--config":
            continue
        yield option, value if equals else following


def _leaves(document: Mapping[str, Any], known: Sequence[str], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        key = f"{prefix}{name}"
        is_branch = isinstance(value, Mapping) and any(k.startswith(f"{key}.") for k in known)
        if is_branch:
            yield from _leaves(value, known, f"{key}.")
        else:
            yield key, value


def _nested(key: str, value: Any) -> dict[str, Any]:
    first, _, rest = key.partition(".")
    return {first: _nested(rest, value) if rest else value}


def _nearest(key: str, known: Sequence[str]) -> str:
    sections = {name.rpartition(".")[0] for name in known} - {""}
    near = difflib.get_close_matches(key, [*known, *sorted(sections)], n=1, cutoff=0.5)
    return f"; did you mean '{near[0]}'?" if near else ""


def _last_line(message: str) -> str:
    return " ".join(message.strip().splitlines()[-1].split()).replace("<class '", "").replace("'>", "")
