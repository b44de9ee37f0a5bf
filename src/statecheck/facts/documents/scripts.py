"""Shell scripts, Makefiles, Procfiles and Dockerfiles: what they run, line by line.

Own code, although a grammar of bash exists: the lines of Makefiles, PowerShell and Dockerfiles are read by it just the
same, and after one template action (``EXPOSE {{ port }}``) the grammar of Dockerfiles loses the rest of the file.
"""

from __future__ import annotations

import re

from statecheck.facts.documents import templates
from statecheck.facts.documents.commands import SHELL, joined, logical_lines
from statecheck.facts.documents.filled import filled
from statecheck.facts.documents.nodes import Builder, DocumentFacts, Kind, Span

_PROCESS = re.compile(r"(?P<key>[\w-]+):\s*(?P<value>\S.*)\Z")
_INSTRUCTION = re.compile(r"\s*(?:ONBUILD\s+)?(?P<name>[A-Za-z]+)(?P<gap>\s+)(?P<rest>\S.*)\Z", re.DOTALL)
_ESCAPE = re.compile(r"#\s*escape\s*=\s*(?P<char>[\\`])", re.IGNORECASE)
_RUNS = frozenset({"CMD", "ENTRYPOINT", "RUN", "HEALTHCHECK", "SHELL"})
_PAIR = re.compile(r"""(?P<key>[\w.-]+)=(?P<value>"(?:[^"\\]|\\.)*"|'[^']*'|(?:\\.|\S)*)""", re.DOTALL)
_RECIPE = re.compile(r"^\t\s*[@+-]*", re.MULTILINE)
_ITEM = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'([^']*)'")
_HEREDOC = re.compile(r"<<-?[\"']?(?P<word>[A-Za-z_]\w*)[\"']?")


def shell(data: bytes) -> DocumentFacts:
    """Facts of a script: a node ``shell`` for each logical line. A file without a suffix that is none says nothing."""
    return _read(data, "shell")


def makefile(data: bytes) -> DocumentFacts:
    """Facts of a Makefile: the lines of its recipes."""
    return _read(data, "makefile")


def procfile(data: bytes) -> DocumentFacts:
    """Facts of a Procfile: ``process.<name>`` is the command."""
    return _read(data, "procfile")


def dockerfile(data: bytes) -> DocumentFacts:
    """Facts of a Dockerfile: a node for each instruction; ``ENV`` has its variables as children."""
    return _read(data, "dockerfile")


def _read(data: bytes, format: str) -> DocumentFacts:
    facts = filled(data, format, _BODIES[format], has_templates=format != "makefile")
    if format == "shell" and not facts.nodes:
        return DocumentFacts(format)  # not even a text
    return facts


def _shell_lines(builder: Builder, text: str) -> None:
    if text.startswith("#!") and not re.match(r"#!.*\b(sh|bash|dash|zsh|ash|ksh|pwsh)\b", text):
        return
    mark = "`" if "\n" in text and "`\n" in text and "\\\n" not in text else "\\"
    lines = text.split("\n")
    for line in logical_lines(text, mark=mark):
        _line(builder, SHELL, line.text, _span(lines[line.number - 1], line.number))


def _recipes(builder: Builder, text: str) -> None:
    lines = text.split("\n")
    kept = "\n".join(line if line.startswith("\t") or _goes_on(line) else "" for line in lines)
    for line in logical_lines(_RECIPE.sub("\t", kept)):
        _line(builder, SHELL, line.text, _span(lines[line.number - 1], line.number))


def _goes_on(line: str) -> bool:
    return line.startswith(" ") and line.strip() != ""


def _processes(builder: Builder, text: str) -> None:
    builder.start("process", "map", "{}", Span(1, 1, 1, 2))
    for number, raw in enumerate(text.split("\n"), 1):
        pair = _PROCESS.match(raw)
        if pair:
            _line(builder, pair["key"], pair["value"].strip(), Span(number, 1, number, len(raw.rstrip()) + 1))
    builder.end()


def _instructions(builder: Builder, text: str) -> None:
    escape = _ESCAPE.match(text)
    mark = escape["char"] if escape else "\\"
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        start = number
        parts: list[str] = []
        while number < len(lines):
            body = lines[number].strip()
            number += 1
            if body.startswith("#"):
                start = start if parts else number
                continue
            if not body.endswith(mark):
                parts.append(body)
                break
            parts.append(body[: -len(mark)].rstrip())
        match = _INSTRUCTION.match(" ".join(part for part in parts if part))
        if match is None or match["name"].startswith("#"):
            continue
        name, rest = match["name"].upper(), match["rest"].strip()
        script = []
        for word in _HEREDOC.findall(rest) if name in ("RUN", "COPY", "ADD") else ():
            first = number
            while number < len(lines) and lines[number].strip() != word:
                number += 1
            script.append((first + 1, "\n".join(lines[first:number])))
            number += 1
        _instruction(builder, name, rest, _span(lines[start], start + 1), script if name == "RUN" else [])


def _instruction(builder: Builder, name: str, rest: str, span: Span, script: list[tuple[int, str]]) -> None:
    if name in ("ENV", "ARG", "LABEL"):
        builder.start(name, "map", rest, span)
        for key, value in _pairs(rest):
            _line(builder, key, value, span)
        builder.end()
        return
    words = _exec_form(rest)
    said = templates.value_of(" ".join(words) if words and name == "VOLUME" else joined(words) if words else rest)
    kind: Kind = "value" if said.known else "unknown"
    builder.start(name, kind, said.text, span, said.templated)
    if name in _RUNS and not script:
        _line(builder, SHELL, said.text, span)
    for first, body in script:
        for line in logical_lines(body, first):
            _line(builder, SHELL, line.text, Span(line.number, 1, line.number, 2))
    builder.end()


def _pairs(rest: str) -> list[tuple[str, str]]:
    if "=" not in rest.split(None, 1)[0]:
        key, _, value = rest.partition(" ")
        return [(key, value.strip())]
    return [(match["key"], match["value"].strip("\"'")) for match in _PAIR.finditer(rest)]


def _exec_form(rest: str) -> list[str]:
    """The words of ``["a", "b"]``, none for anything else."""
    if not (rest.startswith("[") and rest.endswith("]")):
        return []
    return [first or second for first, second in _ITEM.findall(rest)]


def _line(builder: Builder, key: str, text: str, span: Span) -> None:
    judged = templates.value_of(text)
    builder.add(key, "value" if judged.known else "unknown", judged.text, span, judged.templated)


def _span(raw: str, number: int) -> Span:
    start = len(raw) - len(raw.lstrip()) + 1
    return Span(number, start, number, max(len(raw.rstrip()) + 1, start + 1))


_BODIES = {
    "shell": _shell_lines,
    "makefile": _recipes,
    "procfile": _processes,
    "dockerfile": _instructions,
}
