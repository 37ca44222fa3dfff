"""A run's report as JUnit XML: one test suite per run, one test case per stack.

There is no single standard. This uses only elements and attributes that both of these readers understand:
https://github.com/jenkinsci/xunit-plugin (its junit-10.xsd) and https://docs.gitlab.com/ci/testing/unit_test_reports/
"""

import re
from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from automation.reporting.schema import ForeignReport, ProblemReport, Report, StackReport

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML does not allow, not even escaped: https://www.w3.org/TR/xml/#charsets"""


def as_xml(report: Report) -> str:
    """The report as an XML document. A stack that is not done never counts as passed: a failed stack is a failure, a
    cancelled stack is an error, and a stack that was not started after another's failure is skipped. For drift, a
    stack that differs is a failure."""
    name = f"{report.operation} {report.environment}"
    suites = Element("testsuites", name=name)
    suite = SubElement(suites, "testsuite", name=name, timestamp=report.start.strftime("%Y-%m-%dT%H:%M:%S"))
    for stack in report.stacks:
        _add_case(suite, report, stack)
    if report.foreign is not None:
        _add_inventory(suite, report, report.foreign)
    for element in (suites, suite):
        element.set("tests", str(len(suite)))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            element.set(attribute, str(len(suite.findall(f"testcase/{tag}"))))
        element.set("time", f"{report.seconds:.3f}")
    ElementTree.indent(suites)
    document: bytes = ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True)
    return document.decode() + "\n"


def _add_case(suite: Element, report: Report, stack: StackReport) -> None:
    case = SubElement(
        suite,
        "testcase",
        classname=f"{report.operation}.{report.environment}",
        name=stack.label,
        time=f"{stack.seconds:.3f}",
    )
    if stack.status == "failed":
        first = stack.problems[0] if stack.problems else None
        found = SubElement(case, "failure", type=(first and first.aws_code) or "failed")
        found.set("message", _clean(first.message.splitlines()[0] if first else stack.result))
        found.text = _clean("\n\n".join(map(_problem_text, stack.problems)))
    elif stack.status == "skipped":
        SubElement(case, "skipped", message=stack.result)
    elif stack.status == "cancelled":
        SubElement(case, "error", type="cancelled", message=stack.result)
    elif report.operation == "drift" and (stack.drift or stack.changes):
        lines = [f"{each.what} in AWS: {each.type} {each.name}" for each in stack.drift]
        lines += [f"a deploy would have {each.what}: {each.type} {each.name}" for each in stack.changes]
        found = SubElement(case, "failure", type="drift", message=stack.result)
        found.text = _clean("\n".join(lines))
    counts = ", ".join(f"{number} {what}" for what, number in stack.counts.model_dump().items() if number)
    lines = [stack.result, *([counts] if counts else []), *([f"log: {stack.log}"] if stack.log else [])]
    SubElement(case, "system-out").text = _clean("\n".join(lines))


def _add_inventory(suite: Element, report: Report, foreign: Sequence[ForeignReport]) -> None:
    """A test case for the whole organization, which fails if something there is in no stack."""
    name = f"{report.operation}.{report.environment}"
    case = SubElement(suite, "testcase", classname=name, name="the organization", time="0.000")
    if foreign:
        found = SubElement(case, "failure", type="foreign", message=f"{len(foreign)} in no stack")
        lines = [f"{each.kind} {each.name} ({each.id}): {each.adopt or each.remove}" for each in foreign]
        found.text = _clean("\n".join(lines))


def _problem_text(problem: ProblemReport) -> str:
    where = f"{problem.resource.type} {problem.resource.name}: " if problem.resource else ""
    lines = [where + problem.message]
    lines += [f"AWS code: {problem.aws_code}"] if problem.aws_code else []
    lines += [f"look in: {', '.join(problem.files)}"] if problem.files else []
    lines += [f"to do: {problem.advice}"] if problem.advice else []
    return "\n".join(lines)


def _clean(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
