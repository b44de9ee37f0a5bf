"""JUnit XML, for servers that show nothing but test results: a failed test a finding.

Only the attributes that the strictest reader, the xUnit plug-in of Jenkins, knows: the place is in names and texts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statecheck.model import Finding, Problem, Report
from statecheck.report.hosted import repository_path
from statecheck.report.options import Options
from statecheck.report.source import SourceReader, escape

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_NOT_XML = re.compile("[\ufffe\uffff]")  # ``escape`` leaves these two


def render(report: Report, sources: SourceReader, options: Options) -> str:  # noqa: ARG001 - all renderers are called alike
    """One test suite. Without a finding it holds one passed test, or a skipped one where nothing was read."""
    from xml.etree import ElementTree as Xml

    suite = Xml.Element("testsuite", {"name": "statecheck"})
    for finding in report.findings:
        _failure(suite, finding, options.prefix)
    for problem in report.errors:
        _error(suite, problem, options.prefix)
    if not len(suite):
        case = _case(suite, "statecheck", "no findings")
        if not report.summary.files and not report.summary.documents:
            Xml.SubElement(case, "skipped", {"message": "nothing was checked: no Python file was found"})
    counts = {
        "tests": len(suite),
        "failures": len(report.findings),
        "errors": len(report.errors),
        "skipped": len(suite.findall("testcase/skipped")),
    }
    totals = {name: str(count) for name, count in counts.items()}
    suite.attrib.update({**totals, "time": "0"})
    del totals["skipped"]
    top = Xml.Element("testsuites", {"name": "statecheck", **totals, "time": "0"})
    top.append(suite)
    Xml.indent(top)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{Xml.tostring(top, encoding="unicode")}\n'


def _case(suite: Element, classname: str, name: str) -> Element:
    from xml.etree.ElementTree import SubElement

    return SubElement(suite, "testcase", {"classname": classname, "name": name, "time": "0"})


def _failure(suite: Element, finding: Finding, prefix: str) -> None:
    from xml.etree.ElementTree import SubElement

    where = finding.location
    path = _text(repository_path(where.path, prefix))
    place = f"{path}:{where.line}:{where.column}"
    name = f"{finding.rule} {finding.name}: {_text(escape(finding.symbol))} ({where.line}:{where.column})"
    case = _case(suite, path, name)
    kind = f"{finding.severity} severity, {finding.confidence} confidence"
    failure = SubElement(case, "failure", {"message": _text(escape(finding.message)), "type": kind})
    lines = [place, escape(finding.instead)]
    for number, step in enumerate(finding.flow, start=1):
        spot = f"{repository_path(step.location.path, prefix)}:{step.location.line}:{step.location.column}"
        lines.append(f"{number}. {escape(step.message)} ({spot})")
    failure.text = _text("\n".join(line for line in lines if line))


def _error(suite: Element, problem: Problem, prefix: str) -> None:
    from xml.etree.ElementTree import SubElement

    path = _text(repository_path(problem.path, prefix)) if problem.path else "statecheck"
    case = _case(suite, path, "is read and checked")
    SubElement(case, "error", {"message": _text(escape(problem.message)), "type": "error"})


def _text(text: str) -> str:
    """No character that XML cannot hold; the markup is escaped on writing."""
    return _NOT_XML.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
