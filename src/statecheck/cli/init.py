"""``statecheck init``: the first settings of a project, from what its code imports."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_args

import typer

from statecheck import toml
from statecheck.cli.guard import UsageError, complain, guarded, is_terminal, write
from statecheck.cli.options import Debug
from statecheck.cli.target import find_target
from statecheck.settings import OWN_FILES, Profile, SettingsError, has_mark

_SECTION = "[tool.statecheck]"
_OWN = OWN_FILES[0]


class Survey(NamedTuple):
    """What the code is: entry points by framework, and frameworks whose entry points were not found."""

    frameworks: Mapping[str, int]
    silent: tuple[str, ...]
    profile: Profile | None


def command(
    path: Annotated[str, typer.Argument(metavar="PATH", help="The folder of the project.")] = ".",
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing: write the settings, and a baseline of today's findings.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Write the first settings of a project.

    Into pyproject.toml where there is one, else into a new statecheck.toml. Settings that are there are never changed.
    """

    def action() -> int:
        root = _root(path)
        target = _refuse_existing(root)
        survey = _survey(root)
        _add(target, survey)
        write(_told(target, survey), None)
        if yes or (_somebody_is_there() and _agreed()):
            return _baseline(root)
        write(_NEXT, None)
        return 0

    raise typer.Exit(guarded(action, debug))


_NEXT = """
Next:
  statecheck check              shows what is found
  statecheck baseline create    accepts it for now: check then fails only for what is new
"""


def _agreed() -> bool:
    try:
        return typer.confirm("Accept today's findings in a baseline?", default=True)
    except typer.Abort:  # Ctrl-C or Ctrl-D: the settings stay
        write("\n", None)
        return False


def _somebody_is_there() -> bool:
    return is_terminal(sys.stdin) and is_terminal(sys.stdout)


def _root(path: str) -> Path:
    """The folder itself if it looks like a project's, else the project that it belongs to."""
    loaded = find_target([path], [], isolated=True).loaded
    folder = Path(os.path.realpath(path))
    if not folder.is_dir():
        raise UsageError(f"{path}: is a file; give the folder of the project")
    return folder if has_mark(folder) else loaded.root


def _refuse_existing(root: Path) -> Path:
    """The file to write to. Raises UsageError when there are settings already."""
    for name in OWN_FILES:
        if os.path.lexists(root / name):
            raise UsageError(f"{root / name}: there are settings already; nothing was changed")
    project = root / "pyproject.toml"
    if not project.is_file():
        return root / _OWN
    try:
        document = toml.read(project)
    except toml.TomlError as error:
        raise SettingsError(str(error)) from None
    tool = document.data.get("tool")
    if isinstance(tool, dict) and "statecheck" in tool:
        line = document.line_of("tool", "statecheck")
        raise UsageError(f"{project}:{line}: there are settings already; nothing was changed")
    return project


def _survey(root: Path) -> Survey:
    from statecheck.facts.job import roomy
    from statecheck.pipeline import analyse, collect
    from statecheck.request import Request, find_files

    request = Request(root)
    material = collect(request, find_files(request))
    project = roomy(lambda: analyse(material, request).project)
    phases = Counter(entry.phase for entry in project.phases.entries)
    profile: Profile | None = "service" if phases["request"] else "worker" if phases["worker"] else None
    return Survey(project.frameworks(), tuple(project.silent_frameworks()), profile)


def _values(survey: Survey) -> dict[str, str]:
    return {**({"profile": survey.profile} if survey.profile else {}), "fail-on": "medium"}


def _section(survey: Survey, header: str) -> list[str]:
    lines = [header] if header else []
    if survey.profile:
        others = ", ".join(profile for profile in get_args(Profile) if profile != survey.profile)
        lines.append(f'profile = "{survey.profile}"  # or {others}')
    return [*lines, 'fail-on = "medium"  # the least severity that fails the check']


def _add(target: Path, survey: Survey) -> None:
    """Append the section; every other byte stays. Raises UsageError."""
    try:
        if target.name == _OWN:
            with target.open("x", encoding="utf-8", newline="\n") as file:
                file.write("".join(f"{line}\n" for line in _section(survey, "")))
            return
        before = target.read_bytes()
        after = before + _appendix(before, _section(survey, _SECTION))
        _vet(target, after, _values(survey))
        _replace(target, after)
    except OSError as error:
        raise UsageError(f"{target}: cannot be written: {error.strerror or error}") from None


def _appendix(before: bytes, lines: list[str]) -> bytes:
    """The section as it goes on from what is there, with its kind of line ends."""
    end = "\r\n" if b"\r\n" in before else "\n"
    gap = "" if not before.strip() else end if before.endswith(b"\n") else end * 2
    return (gap + "".join(line + end for line in lines)).encode()


def _vet(target: Path, after: bytes, values: Mapping[str, str]) -> None:
    """Some valid files cannot be added to: ``tool`` may be an inline table."""
    added: Any = None
    with suppress(toml.TomlError):
        added = toml.parse(after.decode("utf-8-sig"), target).data["tool"]["statecheck"]
    if added != values:
        raise UsageError(f"{target}: {_SECTION} cannot be added at its end; write the settings by hand, or in {_OWN}")


def _replace(target: Path, content: bytes) -> None:
    """In one step, so that nobody ever reads half a file."""
    real = Path(os.path.realpath(target))
    part = real.with_name(f"{real.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.chmod(real.stat().st_mode & 0o7777)
        part.replace(real)
    except OSError:
        with suppress(OSError):
            part.unlink()
        raise


def _told(target: Path, survey: Survey) -> str:
    for framework in survey.silent:
        complain(f"warning: {framework} is imported, but no entry point of it was found: see the setting entry-points")
    found = ", ".join(f"{count:,} {name}" for name, count in survey.frameworks.items())
    return f"Entry points: {found or 'none found'}.\n{target}: settings written.\n"


def _baseline(root: Path) -> int:
    from statecheck.cli import baseline
    from statecheck.triage.entries import FILE

    if (root / FILE).exists():
        write(f"{root / FILE}: there is a baseline already; it was left as it is.\n", None)
        return 0
    try:
        baseline.create(paths=[str(root)])
    except typer.Exit as stop:
        return stop.exit_code
    return 0
