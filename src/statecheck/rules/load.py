"""Load rule packs: folders of ``<family>/<name>/rule.toml`` with a README.md each, and ``models/*.toml``.

A pack is data only. Nothing in it is imported or run, whoever wrote it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from statecheck import toml
from statecheck.rules.check import FAMILIES, check_model, check_mount_forms, check_rule
from statecheck.rules.decode import PackError, decode, error
from statecheck.rules.lists import with_lists
from statecheck.rules.location import default_pack_path, folders, shipped
from statecheck.rules.schema import Model, Pack, Rule
from statecheck.settings import did_you_mean

__all__ = ["PackError", "default_pack_path", "load"]

MODELS = "models"


def load(paths: Sequence[Path] = ()) -> Pack:
    """Our own pack and those at ``paths``. Raises PackError, whose text is "path:line: message"."""
    loader = _Loader()
    for path in (default_pack_path(), *paths):
        loader.add(path)
    loader.check_together()
    return Pack(loader.rules, loader.models)


class _Loader:
    """What has been loaded so far."""

    def __init__(self) -> None:
        self.rules: dict[str, Rule] = {}
        self.models: dict[str, Model] = {}
        self._unchecked: list[tuple[Model, toml.Document]] = []  # what they name may stand in any model
        self._taken: dict[str, Path] = {}  # code, name, alias or "model x" → the file that has it

    def add(self, root: Path) -> None:
        if not root.is_dir():
            raise PackError(f"{root}: there is no such rule pack")
        checked = root == shipped()  # our tests did: it saves a quarter of the time
        for folder in folders(root):
            if folder.name == MODELS:
                for path in sorted(folder.glob("*.toml")):
                    self._add_model(path, checked)
            elif folder.name in FAMILIES:
                for rule_folder in folders(folder):
                    self._add_rule(rule_folder, folder.name, checked)
            else:
                hint = did_you_mean(folder.name, (*FAMILIES, MODELS))
                raise PackError(f'{folder}: unknown family "{folder.name}"{hint}')

    def check_together(self) -> None:
        """Raise PackError for names that no model explains."""
        forms = {form.id for model in self.models.values() for form in model.mount_forms}
        for model, document in self._unchecked:
            check_mount_forms(model, document, forms)

    def _add_rule(self, folder: Path, family: str, checked: bool) -> None:
        document = _read(folder / "rule.toml")
        rule = with_lists(decode(document, Rule), document)
        if not checked:
            check_rule(rule, document, family, folder.name)
        self._take(rule.code, document, "code")
        self._take(rule.name, document, "name")
        for number, alias in enumerate(rule.aliases):
            self._take(alias, document, "aliases", number)
        self.rules[rule.name] = msgspec.structs.replace(rule, page=_page(folder / "README.md"))

    def _add_model(self, path: Path, checked: bool) -> None:
        document = _read(path)
        model = decode(document, Model)
        if not checked:
            check_model(model, document)
            self._unchecked.append((model, document))
        self._take(f"model {model.framework}", document, "framework")
        self.models[model.framework] = model

    def _take(self, name: str, document: toml.Document, *keys: str | int) -> None:
        if name in self._taken:
            raise error(document, f'"{name}" is taken by {self._taken[name]}', *keys)
        self._taken[name] = document.path


def _read(path: Path) -> toml.Document:
    try:
        return toml.read(path)
    except toml.TomlError as problem:
        raise PackError(str(problem)) from None


def _page(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as problem:
        raise PackError(f"{path}: cannot be read: {problem}") from None
