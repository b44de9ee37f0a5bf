"""What a rule pack keeps beyond its shape: names that can match, patterns that compile, words that mean something."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from string import Formatter
from typing import get_args

from statecheck import toml
from statecheck.decoding import Path, did_you_mean, spell
from statecheck.model import Family
from statecheck.rules.decode import PackError, error
from statecheck.rules.schema import ANY, Condition, EntryPoint, Fixing, Form, Model, Option, Rule, Shape
from statecheck.rules.vocabulary import OWNED, PLACEHOLDERS, PREDICATES, bare

FAMILIES: tuple[str, ...] = get_args(Family)
MATCH_KEYS = ("call", "decorator", "subclass", "attribute", "setting", "document", "syntax")
_DOTTED_KEYS = ("call", "decorator", "subclass", "attribute", "requires")
_DIGITS = {"1": "memory", "2": "disk", "3": "affinity", "4": "config", "9": "tool"}
_CODE = re.compile(r"[A-Z]{2,6}\d{3}")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*|syntax\.[a-z-]+")
READING = frozenset({"reader", "name", "default", "text"})  # in the templates of an environment style
_TYPES = {"bool": bool, "int": int, "str": str, "list": tuple}


def check_rule(rule: Rule, document: toml.Document, family: str, folder: str) -> None:
    """Raise PackError unless the rule fits its folder (``<family>/<folder>``) and every part of it means something."""
    if not _CODE.fullmatch(rule.code):
        raise error(document, f'code: "{rule.code}" is not a code like "STC101"', "code")
    if rule.family != family:
        raise error(document, f'family: "{rule.family}" stands in the folder of "{family}"', "family")
    if rule.code.startswith("STC") and _DIGITS.get(rule.code[3]) != family:
        raise error(document, f'code: "{rule.code}" is no code of the family "{family}"', "code")
    if rule.name != folder:
        raise error(document, f'name: "{rule.name}" stands in the folder "{folder}"', "name")
    for name, keys in [(rule.name, ("name",)), *((name, ("aliases", n)) for n, name in enumerate(rule.aliases))]:
        if not _NAME.fullmatch(name):
            raise error(document, f'{spell(keys)}: "{name}" is not a name like "mutated-global"', *keys)
    _template(document, rule.message, "message")
    _predicates(document, rule.predicates, ("predicates",))
    for name, option in rule.options.items():
        _option(document, name, option)
    seen: set[str] = set()
    for number, form in enumerate(rule.forms):
        _form(document, form, ("form", number))
        _owned(document, rule.detector, form, number)
        if form.id in seen:
            raise error(document, f'form[{number}].id: "{form.id}" stands for an earlier form', "form", number, "id")
        seen.add(form.id)
    if rule.fix is not None:
        _fixing(document, rule.fix, seen)


def _fixing(document: toml.Document, fix: Fixing, forms: Collection[str]) -> None:
    for key, ids in (("without", fix.without), ("variables", tuple(fix.variables))):
        for name in ids:
            if name not in forms:
                raise error(document, f'fix.{key}: there is no form "{name}"{did_you_mean(name, forms)}', "fix", key)
    for pattern in fix.by_text:
        _pattern(document, pattern, ("fix", "by-text", pattern))
    for key, names in fix.makes.items():
        _dotted(document, names, ("fix", "makes", key))


def _form(document: toml.Document, form: Form, at: Path) -> None:
    given = [key for key in MATCH_KEYS if getattr(form, key)]
    if len(given) != 1:
        found = f"both {' and '.join(given)}" if given else "none of them"
        raise error(document, f"{spell(at)}: one of {', '.join(MATCH_KEYS)} is needed, this has {found}", *at)
    for key in _DOTTED_KEYS:
        _dotted(document, getattr(form, key), (*at, key))
    _pattern(document, form.key_pattern, (*at, "key-pattern"))
    _predicates(document, form.predicates, (*at, "predicates"))
    _template(document, form.message, *at, "message")
    for key, conditions in (("when", form.when), ("unless", form.unless)):
        _conditions(document, conditions, (*at, key))


def _owned(document: toml.Document, detector: str, form: Form, number: int) -> None:
    """The detector must be able to decide what the form asks."""
    for place, predicate in enumerate(form.predicates):
        if bare(predicate) not in OWNED.get(detector, PREDICATES):
            at = ("form", number, "predicates", place)
            raise error(document, f'{spell(at)}: the detector "{detector}" does not decide "{bare(predicate)}"', *at)


def _conditions(document: toml.Document, conditions: Sequence[Condition], at: Path) -> None:
    for number, condition in enumerate(conditions):
        _pattern(document, condition.regex, (*at, number, "regex"))
        _dotted(document, condition.instance_of, (*at, number, "instance-of"))


def _option(document: toml.Document, name: str, option: Option) -> None:
    if type(option.default) is not _TYPES[option.type]:
        raise error(document, f"options.{name}.default: is no {option.type}", "options", name, "default")


def _predicates(document: toml.Document, predicates: Sequence[str], at: Path) -> None:
    for number, predicate in enumerate(predicates):
        word = bare(predicate)
        if word not in PREDICATES:
            hint = did_you_mean(word, PREDICATES)
            raise error(document, f'{spell(at)}: unknown predicate "{word}"{hint}', *at, number)


def _template(document: toml.Document, template: str, *at: str | int, known: Collection[str] = PLACEHOLDERS) -> None:
    try:
        fields = [name for _, name, _, _ in Formatter().parse(template) if name is not None]
    except ValueError as problem:
        raise error(document, f"{spell(at)}: {problem}", *at) from None
    for name in fields:
        if name not in known:
            hint = did_you_mean(name, known)
            raise error(document, f'{spell(at)}: unknown placeholder "{{{name}}}"{hint}', *at)


def _pattern(document: toml.Document, pattern: str, at: Path) -> None:
    if pattern:
        try:
            re.compile(pattern)
        except re.error as problem:
            raise error(document, f"{spell(at)}: bad regular expression: {problem}", *at) from None


def _dotted(document: toml.Document, names: Iterable[str], at: Path) -> None:
    for number, name in enumerate(names):
        if not _DOTTED.fullmatch(name):
            raise error(document, f'{spell((*at, number))}: "{name}" is no dotted name', *at, number)


def _bare(document: toml.Document, names: Iterable[str], at: Path) -> None:
    for number, name in enumerate(names):
        if not name.isidentifier():
            raise error(document, f'{spell((*at, number))}: "{name}" is no bare name', *at, number)


UNIT = ("name", "kind")  # what the name of a platform's unit is made of


def check_model(model: Model, document: toml.Document) -> None:
    """Raise PackError unless every name of the model can match."""
    if not _NAME.fullmatch(model.framework):
        raise error(document, f'framework: "{model.framework}" is not a name like "flask-extensions"', "framework")
    for names, at in _model_names(model):
        _dotted(document, names, at)
    for table, number, entry in _entries(model):
        _entry(document, entry, (table, number))
    for number, row in enumerate(model.bare_names):
        _bare(document, row.names, ("bare-name", number, "names"))
    for old, new in model.aliases.items():
        _dotted(document, (old, new), ("aliases", old))
    for name, type_ in model.instances.items():
        _dotted(document, (name, type_), ("instances", name))
    for name, bases in model.bases.items():
        _dotted(document, (name, *bases), ("bases", name))
    for number, safe in enumerate(model.safe):
        _conditions(document, safe.when, ("safe", number, "when"))
    for number, style in enumerate(model.environment_styles):
        for table, templates in (("required", style.required), ("optional", style.optional)):
            for key, template in templates.items():
                _template(document, template, "environment-style", number, table, key, known=READING)
    _unique_ids(model, document)
    _deployments(model, document)


def _deployments(model: Model, document: toml.Document) -> None:
    """Servers and platforms: rows that could never match, and words that nothing fills in."""
    for number, server in enumerate(model.servers):
        if not (server.commands or server.call or server.tables):
            raise error(document, f"server[{number}]: neither commands nor call nor tables", "server", number)
        _dotted(document, server.call, ("server", number, "call"))
    for number, platform in enumerate(model.platforms):
        if not (platform.files or platform.kinds or platform.has):
            raise error(document, f"platform[{number}]: any document would fit", "platform", number)
        _template(document, platform.unit, "platform", number, "unit", known=UNIT)
        for key in ("units", "containers"):
            _path(document, getattr(platform, key), ("platform", number, key))
        if bool(platform.mounts) != bool(platform.mount_form):
            raise error(document, f"platform[{number}]: mounts and mount-form go together", "platform", number)
    for number, schema in enumerate(model.object_schemas):
        for key, items in schema.merge_keys.items():
            if not items:
                at = ("object-schema", number, "merge-keys", key)
                raise error(document, f"{spell(at)}: items are merged by a key", *at)
        for path in schema.references:
            if path.count(".") != 1:
                at = ("object-schema", number, "references", path)
                raise error(document, f'{spell(at)}: two keys are needed, "configMapRef.name"', *at)
    for number, scaler in enumerate(model.scalers):
        if not (scaler.kinds or scaler.units):
            raise error(document, f"scaler[{number}]: neither kinds nor units", "scaler", number)


def check_mount_forms(model: Model, document: toml.Document, known: Collection[str]) -> None:
    """Raise PackError for a platform whose mounts are in a form that no model has."""
    for number, platform in enumerate(model.platforms):
        name = platform.mount_form
        if name and name not in known:
            at = ("platform", number, "mount-form")
            raise error(document, f'{spell(at)}: there is no mount-form "{name}"{did_you_mean(name, known)}', *at)


def _path(document: toml.Document, path: str, at: Path) -> None:
    """A path into documents: the patterns in it must be ones."""
    for pattern in re.findall(r"/(.+?)/", path):
        _pattern(document, pattern, at)


def _entries(model: Model) -> Iterator[tuple[str, int, EntryPoint]]:
    for table, rows in (("entry", model.entries), ("caller", model.callers)):
        for number, entry in enumerate(rows):
            yield table, number, entry


def _entry(document: toml.Document, entry: EntryPoint, at: Path) -> None:
    if entry.match == "shape":
        if entry.names:
            raise error(document, f"{spell((*at, 'names'))}: a shape has none", *at, "names")
        if entry.shape is None:
            raise error(document, f'"{spell((*at, "shape"))}" is missing', *at)
        _shape(document, entry.shape, (*at, "shape"))
    elif entry.shape is not None:
        raise error(document, f'{spell((*at, "shape"))}: goes with match = "shape"', *at, "shape")
    elif not entry.names:
        raise error(document, f'"{spell((*at, "names"))}" is missing', *at)


def _shape(document: toml.Document, shape: Shape, at: Path) -> None:
    places = [key for key in ("functions", "bases", "classes") if getattr(shape, key)]
    if len(places) > 1:
        raise error(document, f"{spell(at)}: {' and '.join(places)} exclude each other", *at)
    if not places and not any(name != ANY for row in shape.parameters for name in row):
        raise error(document, f"{spell(at)}: any function would fit", *at)
    if bool(shape.classes) != bool(shape.lists):
        raise error(document, f"{spell(at)}: classes and lists go together", *at)
    named: tuple[tuple[str, Sequence[str]], ...] = (
        *((key, getattr(shape, key)) for key in ("functions", "classes", "lists")),
        ("bases", [name.replace("*", "_") for name in shape.bases]),
        *(
            ("parameters", row[1:] if row[:1] == (ANY,) else row[:-1] if row[-1:] == (ANY,) else row)
            for row in shape.parameters
        ),
    )
    for key, names in named:
        for name in names:
            if not name.isidentifier():
                raise error(document, f'{spell((*at, key))}: "{name}" is no name', *at, key)


def _model_names(model: Model) -> Iterator[tuple[Sequence[str], Path]]:
    yield model.packages, ("packages",)
    yield model.app_factories, ("app-factories",)
    yield model.fields, ("fields",)
    yield model.data, ("data",)
    yield model.path_types, ("path-types",)
    for table, number, entry in _entries(model):
        if entry.match != "setting":  # key paths, not names
            yield entry.names, (table, number, "names")
        yield entry.decorators, (table, number, "decorators")
    for number, returns in enumerate(model.returns):
        yield (*returns.names, *([] if returns.argument is not None else [returns.type])), ("returns", number, "names")
    for number, safe in enumerate(model.safe):
        if safe.match != "setting":
            yield safe.names, ("safe", number, "names")
    for number, container in enumerate(model.containers):
        yield container.names, ("container", number, "names")
    for number, lifetime in enumerate(model.lifetimes):
        yield lifetime.names, ("lifetime", number, "names")
    for number, effect in enumerate(model.effects):
        yield effect.names, ("effect", number, "names")
    for number, style in enumerate(model.environment_styles):
        yield (style.reader,), ("environment-style", number, "reader")
    for number, holder in enumerate(model.settings):
        named = (*holder.names, *holder.objects, *holder.classes, *holder.fillers, *holder.read_by)
        yield named, ("settings", number, "names")


def _unique_ids(model: Model, document: toml.Document) -> None:
    for table, ids in (
        ("entry", [row.id for row in model.entries]),
        ("caller", [row.id for row in model.callers]),
        ("safe", [row.id for row in model.safe]),
        ("server", [row.id for row in model.servers]),
        ("platform", [row.id for row in model.platforms]),
        ("mount-form", [row.id for row in model.mount_forms]),
    ):
        for number, name in enumerate(ids):
            if name in ids[:number]:
                raise error(document, f'{table}[{number}].id: "{name}" stands for an earlier row', table, number, "id")


__all__ = ["FAMILIES", "PackError", "check_model", "check_mount_forms", "check_rule"]
