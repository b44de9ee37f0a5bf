"""What the site has beside the pages of this folder: a page for each rule, made from ``rules/`` while it is built.

Nothing of it is committed. The pages here are also read where the repository is hosted, so their links go to files of
the repository; on the site, a link to the page of a rule goes to its copy, and one to any other file to the repository.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from statecheck.rules.load import load
from statecheck.rules.schema import Form, Rule

FAMILIES = {
    "memory": ("Memory", "Data and work that only one process has"),
    "disk": ("Disk", "Data that only one machine has"),
    "affinity": ("Affinity", "Clients that are pinned to one process"),
    "config": ("Configuration", "What a deploy should say, fixed in the code"),
    "tool": ("The tool itself", "What kept statecheck from its work, and comments that do none"),
}
SYNTAX = {
    "assignment": "an assignment",
    "literal": "a literal",
    "comparison": "a comparison",
    "environment": "a default of the environment",
}
INDEX = "rules/index.md"
_TITLE = re.compile(r"title=([^\s\"]+)")
_MARK = re.compile(r"(\s(?:#|//|--|;|/\*|<!--|\{#)\s*finding)\b(?:\s\w+(?=:))?")
_MARKED_RULES = re.compile(r"# finding(?: \w+)?: ([\w|-]+)")
_LINK = re.compile(r"(\]\()([^)\s]+)(\))")
_RULE_PAGE = re.compile(r"^rules/[\w-]+/([\w-]+)/README\.md$")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the rules and their index."""
    rules, guides = _rules(), _guides(Path(config.docs_dir))
    pages = {f"rules/{rule.name}.md": _page(rule, guides.get(rule.name, [])) for rule in rules} | {INDEX: _index(rules)}
    for name, text in pages.items():
        files.append(File.generated(config, name, content=text))
    return files


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List the pages of the rules in the navigation, by family."""
    nav: list[Any] = config.nav or []
    rules = _rules()
    for entry in nav:
        if isinstance(entry, dict) and entry.get("Rules") == INDEX:
            families: list[Any] = [
                {title: [{rule.name: f"rules/{rule.name}.md"} for rule in rules if rule.family == family]}
                for family, (title, _) in FAMILIES.items()
            ]
            entry["Rules"] = [INDEX, *families]
    return config


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, **_: Any) -> str:
    """Links that leave this folder; titles of code in the spelling of the site; marked lines stand out."""
    here = posixpath.dirname(page.file.src_uri)
    repository = config.extra["repository"]

    def relinked(match: re.Match[str]) -> str:
        target, hash_, anchor = match[2].partition("#")
        path = posixpath.normpath(posixpath.join("docs", here, target)) if target else ""
        if "://" in target or not path or path.startswith("docs/"):
            return match[0]
        ours = INDEX if path == "rules/README.md" else _RULE_PAGE.sub(r"rules/\1.md", path)
        if ours != path:
            return f"{match[1]}{posixpath.relpath(ours, here or '.')}{hash_}{anchor}{match[3]}"
        if not (Path(config.docs_dir).parent / path).exists():
            return match[0]  # the check of links says so
        return f"{match[1]}{repository}/blob/main/{path}{hash_}{anchor}{match[3]}"

    text = "\n".join(line if fenced else _LINK.sub(relinked, line) for line, fenced in _lines(markdown))
    return _marked(text)


def _rules() -> list[Rule]:
    return sorted(load().rules.values(), key=lambda rule: rule.code)


def _marked(markdown: str) -> str:
    """Each block of code with its title in quotes, and with the lines that carry a mark named for the highlighter."""
    lines, opening, marks = [], None, list[str]()
    for line, fenced in _lines(markdown):
        if fenced and opening is None:
            opening, marks = len(lines), []
            lines.append(_TITLE.sub(r'title="\1"', line))
            continue
        if opening is not None and fenced and _MARK.search(line):
            marks.append(str(len(lines) - opening))
        lines.append(_MARK.sub(r"\1", line) if fenced else line)
        if opening is not None and _closes(line, lines[opening]):
            lines[opening] += f' hl_lines="{" ".join(marks)}"' if marks else ""
            opening = None
    return "\n".join(lines)


def _closes(line: str, opening: str) -> bool:
    fence = _FENCE.match(opening)
    return fence is not None and line.strip().startswith(fence[1]) and not line.strip().strip(fence[1][0])


def _lines(markdown: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it belongs to a block of code."""
    opening = ""
    for line in markdown.split("\n"):
        if opening:
            yield line, True
            opening = "" if _closes(line, opening) else opening
        else:
            opening = line if _FENCE.match(line) else ""
            yield line, bool(opening)


def _index(rules: list[Rule]) -> str:
    """All rules by family."""
    parts = ["# Rules", f"{len(rules)} rules. `statecheck rule NAME` prints a page of these offline."]
    for family, (title, what) in FAMILIES.items():
        rows = ["| code | rule | severity | what it flags |", "|---|---|---|---|"]
        rows += [
            f"| {rule.code} | [{rule.name}]({rule.name}.md){_status(rule)} | {rule.severity} | {_cell(rule.summary)} |"
            for rule in rules
            if rule.family == family
        ]
        parts += [f"## {title}", f"{what}.", "\n".join(rows)]
    return "\n\n".join(parts) + "\n"


def _status(rule: Rule) -> str:
    return "" if rule.status == "stable" else f" ({rule.status})"


def _guides(docs: Path) -> dict[str, list[str]]:
    """For each rule, links to the guides that lead out of it: those whose code it finds."""
    guides: dict[str, list[str]] = {}
    for path in sorted((docs / "guides").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        title = text.partition("\n")[0].lstrip("# ")
        for rule in {name for names in _MARKED_RULES.findall(text) for name in names.split("|")}:
            guides.setdefault(rule, []).append(f"[{title}](../guides/{path.name})")
    return guides


def _page(rule: Rule, guides: list[str]) -> str:
    """The page of a rule, with what its rule.toml says."""
    title, _, text = rule.page.partition("\n")
    facts = [
        ("code", f"`{rule.code}`"),
        ("family", FAMILIES[rule.family][0]),
        ("severity", rule.severity),
        ("status", rule.status),
        ("since", rule.since),
        ("also called", ", ".join(f"`{name}`" for name in rule.aliases)),
    ]
    shown = [(name, value) for name, value in facts if value]
    head = "| " + " | ".join(name for name, _ in shown) + " |\n" + "|---" * len(shown) + "|\n"
    head += "| " + " | ".join(value for _, value in shown) + " |\n"
    ways = [f"A way out, with code: {', '.join(guides)}."] if guides else []
    ways += ["`check --fix` [patches](../fixes.md) some of it."] if rule.fix else []
    text = _in_place(text, rule).strip()
    parts = [title, f"{rule.summary}.", head, " ".join(ways), text, _forms(rule), _references(rule)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _in_place(text: str, rule: Rule) -> str:
    """Links of a page in ``rules/``, as if it lay where the generated page lies."""

    def moved(match: re.Match[str]) -> str:
        target, hash_, anchor = match[2].partition("#")
        if "://" in target or not target:
            return match[0]
        path = posixpath.normpath(posixpath.join("rules", rule.family, rule.name, target))
        return f"{match[1]}{posixpath.relpath(path, 'docs/rules')}{hash_}{anchor}{match[3]}"

    return "\n".join(line if fenced else _LINK.sub(moved, line) for line, fenced in _lines(text))


def _forms(rule: Rule) -> str:
    """The ways in which a rule is broken, where they are data: with the names that are looked for."""
    if len(rule.forms) < 2:
        return ""
    rows = ["| form | where | what it says |", "|---|---|---|"]
    rows += [f"| `{each.id}` | {_where(each)} | {_cell(_said(each.message or rule.message))} |" for each in rule.forms]
    note = f"`ignore[{rule.name}/FORM]` in a comment accepts one of them alone."
    return "\n\n".join(["## Forms", note, '<div class="forms" markdown>', "\n".join(rows), "</div>"])


def _where(form: Form) -> str:
    names = [
        *form.call, *(f"@{name}" for name in form.decorator), *form.subclass, *form.attribute, *form.setting,
        *form.document,
    ]  # fmt: skip
    shown = [_code(name) for name in names[:3]] + [SYNTAX[each] for each in form.syntax]
    return _cell(", ".join(shown) + (f" and {len(names) - 3} more" if len(names) > 3 else ""))


def _code(name: str) -> str:
    """Long names may break behind a dot."""
    breakable = re.sub(r"[.:/]", r"\g<0><wbr>", escape(name))
    return f"<code>{breakable}</code>"


def _said(message: str) -> str:
    """A message without what is only known at a place."""
    return re.sub(r"\s*\{(?:read|detail)\}", "", message).replace("{", "*").replace("}", "*")


def _references(rule: Rule) -> str:
    return "\n".join(["## References", "", *(f"- <{link}>" for link in rule.references)]) if rule.references else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
