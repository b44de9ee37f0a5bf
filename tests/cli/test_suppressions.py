"""Suppressing comments from outside: what they do to findings, what is said about them, and writing them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from statecheck.cli import main

APP = """\
from flask import Flask

app = Flask(__name__)
CARTS = {}{definition}


def put(user):
    CARTS[user] = 1{first}


@app.post("/cart")
def add():
    put("me"){call}
    return "ok"


@app.post("/gift")
def gift():
    CARTS["you"] = 2{second}
    return "ok"
"""
IGNORE = "  # statecheck: ignore[mutated-global] -- one process"


def app(**comments: str) -> str:
    text = APP
    for name in ("definition", "first", "call", "second"):
        text = text.replace("{" + name + "}", comments.get(name, ""))
    return text


class Shop:
    """A small project and what a check says about it."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self._capsys = capsys

    def write(self, text: str, name: str = "app.py") -> None:
        (self.root / name).write_bytes(text.encode())

    def run(self, *options: str) -> tuple[int, str]:
        code = main(["check", str(self.root), *options])
        captured = self._capsys.readouterr()
        return code, captured.out + captured.err

    def findings(self, *options: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.run("--output-format", "json", *options)[1])["findings"]
        return found

    def names(self, *options: str) -> list[str]:
        return [row["name"] for row in self.findings(*options) if row["suppressed"] is None]


@pytest.fixture
def shop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shop:
    (tmp_path / "statecheck.toml").write_text("")
    return Shop(tmp_path, capsys)


LOW = ("--min-severity", "low")


def test_on_the_definition_the_cause_is_ignored_but_kept_in_the_report(shop: Shop) -> None:
    shop.write(app(definition=IGNORE))
    (finding,) = shop.findings(*LOW)
    assert (finding["name"], finding["suppressed"]) == ("mutated-global", "one process")
    code, out = shop.run()
    assert code == 0
    assert "1 suppressed by comments." in out
    assert "CARTS" not in out


def test_on_a_write_that_write_is_taken_out_of_the_evidence(shop: Shop) -> None:
    shop.write(app())
    assert [step["line"] for step in shop.findings()[0]["flow"] if step["role"] == "write"] == [8, 19]
    shop.write(app(first=IGNORE))
    (finding,) = shop.findings(*LOW)
    assert [step["line"] for step in finding["flow"] if step["role"] == "write"] == [19]
    assert finding["suppressed"] is None
    shop.write(app(first=IGNORE, second=IGNORE))
    (finding,) = shop.findings(*LOW)
    assert finding["suppressed"] == "one process"


def test_on_a_mere_call_it_means_nothing(shop: Shop) -> None:
    shop.write(app(call=IGNORE))
    assert sorted(shop.names(*LOW)) == ["mutated-global", "unused-suppression"]


@pytest.mark.parametrize("name", ["mutated-global", "STC101", "stc101", "file-write, mutated-global"])
def test_names_and_codes(shop: Shop, name: str) -> None:
    shop.write(app(definition=f"  # noqa: X1  # statecheck: ignore[{name}]"))
    assert "mutated-global" not in shop.names()


@pytest.mark.parametrize(
    "text",
    [
        "# statecheck: ignore[mutated-global] -- why\nCARTS = {}",
        "# statecheck: ignore[mutated-global]\n\n# a word on carts\nCARTS = {}",
        "# statecheck: ignore[mutated-global]\nCARTS = dict(\n    a=1,\n)",
        "CARTS = dict(  # statecheck: ignore[mutated-global]\n    a=1,\n)",
        "CARTS = dict(\n    a=1,\n)  # statecheck: ignore[mutated-global]",
        "CARTS = \\\n    {}  # statecheck: ignore[mutated-global]",
        "CARTS = {'#': '''\n# no comment\n'''}  # statecheck: ignore[mutated-global]",
        "# statecheck: ignore-file[mutated-global]\nCARTS = {}",
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_where_a_comment_may_stand(shop: Shop, text: str, newline: str) -> None:
    shop.write(app().replace("CARTS = {}", text).replace("\n", newline))
    assert shop.names(*LOW) == []


def test_a_comment_inside_a_long_display_speaks_of_its_line_alone(shop: Shop) -> None:
    text = app().replace("CARTS = {}", "CARTS = dict(\n    a=1,{}\n    b=2,\n)")
    shop.write(text.format(IGNORE))
    assert sorted(shop.names(*LOW)) == ["mutated-global", "unused-suppression"]
    shop.write(text.replace("    b=2", f"  {IGNORE}\n    b=2").format(""))
    assert sorted(shop.names(*LOW)) == ["mutated-global", "unused-suppression"]


MEMO = """\
import functools

import requests
from flask import Flask

app = Flask(__name__)


{}@functools.lru_cache(maxsize=10)
def rate(code):{}
    return requests.get("https://rates.example/" + code).json()


@app.get("/rate/<code>")
def show(code):
    return rate(code)
"""


@pytest.mark.parametrize(
    "comments", [("# statecheck: ignore[process-cache]\n", ""), ("", "  # statecheck: ignore[process-cache]")]
)
def test_a_def_is_meant_with_its_decorators(shop: Shop, comments: tuple[str, str]) -> None:
    shop.write(MEMO.format("", ""))
    assert shop.names(*LOW) == ["process-cache"]
    shop.write(MEMO.format(*comments))
    assert shop.names(*LOW) == []


def test_documents_have_comments_too(shop: Shop) -> None:
    service = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n{}  sessionAffinity: ClientIP{}\n"
    nginx = "upstream app {{\n    {}ip_hash;{}\n    server a;\n}}\n"
    shop.write(service.format("", ""), "service.yaml")
    shop.write(nginx.format("", ""), "nginx.conf")
    assert shop.names() == ["sticky-session", "sticky-session"]
    comment = "# statecheck: ignore[sticky-session] -- legacy"
    shop.write(service.format("", f"  {comment}"), "service.yaml")
    shop.write(nginx.format(f"{comment}\n    ", ""), "nginx.conf")
    assert [row["suppressed"] for row in shop.findings()] == ["legacy", "legacy"]
    shop.write(service.format(f"  {comment}\n", ""), "service.yaml")
    assert shop.names() == []


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("# statecheck: ignore", "no rule is named: write `ignore[name]`"),
        ("# statecheck: ignore[]", "no rule is named: write `ignore[name]`"),
        ("# statecheck: ignore[mutated-globl]", 'unknown rule `mutated-globl`, did you mean "mutated-global"?'),
        ("# statecheck: ignor[mutated-global]", '`ignor` is no word of statecheck, did you mean "ignore"?'),
        ("# statecheck: ignore[file-write/no-such-form]", "unknown rule `file-write/no-such-form`"),
    ],
)
def test_a_comment_that_cannot_work_is_reported(shop: Shop, comment: str, message: str) -> None:
    shop.write(f"LIMIT = 3  {comment}\n")
    (finding,) = shop.findings()
    assert finding["name"] == "invalid-suppression"
    assert finding["message"].startswith(message)
    assert shop.run()[0] == 1


def test_a_reason_can_be_required(shop: Shop) -> None:
    (shop.root / "statecheck.toml").write_text("require-reason = true\n")
    shop.write(app(definition="  # statecheck: ignore[mutated-global]"))
    assert shop.names() == ["invalid-suppression"]
    shop.write(app(definition=IGNORE))
    assert shop.names() == []


def test_only_rules_that_ran_are_judged(shop: Shop) -> None:
    shop.write("LIMIT = 3  # statecheck: ignore[secret]\n")
    assert shop.names(*LOW) == ["unused-suppression"]
    assert shop.names(*LOW, "--ignore", "secret") == []
    shop.write("LIMIT = '# statecheck: ignore[secret]'\n")
    assert shop.names(*LOW) == []


# --add-ignore


def test_comments_are_written_and_every_other_byte_stays(shop: Shop) -> None:
    plain = app().replace("\n", "\r\n")
    shop.write(plain)
    assert shop.run("--add-ignore", "until the move") == (0, "Added 1 comment in 1 file.\n")
    comment = "  # statecheck: ignore[mutated-global] -- until the move"
    after = (shop.root / "app.py").read_bytes().decode()
    assert after == plain.replace("CARTS = {}", f"CARTS = {{}}{comment}")
    assert shop.names() == []
    assert shop.run("--add-ignore", "again")[1] == "Added 0 comments in 0 files.\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "CARTS = {}  # statecheck: ignore[secret] -- old",
            "CARTS = {}  # statecheck: ignore[secret, mutated-global] -- old",
        ),
        ("CARTS = {}  # all", "CARTS = {}  # all  # statecheck: ignore[mutated-global] -- x"),
        ("CARTS = \\\n    {}", "# statecheck: ignore[mutated-global] -- x\nCARTS = \\\n    {}"),
        ('CARTS = {"a": """\n"""}', '# statecheck: ignore[mutated-global] -- x\nCARTS = {"a": """\n"""}'),
        (f"CARTS = {{'{'a' * 90}': 1}}", f"# statecheck: ignore[mutated-global] -- x\nCARTS = {{'{'a' * 90}': 1}}"),
    ],
)
def test_where_a_comment_is_written(shop: Shop, before: str, after: str) -> None:
    shop.write(app().replace("CARTS = {}", before))
    shop.run("--add-ignore", "x")
    assert (shop.root / "app.py").read_text() == app().replace("CARTS = {}", after)
    assert shop.names() == []


def test_the_encoding_of_a_file_is_kept(shop: Shop) -> None:
    text = "# coding: latin-1\n" + app().replace("CARTS = {}", 'CARTS = {"\xe9": 1}')
    (shop.root / "app.py").write_bytes(text.encode("latin-1"))
    assert shop.run("--add-ignore", "\u4e2d")[0] == 2
    assert (shop.root / "app.py").read_bytes() == text.encode("latin-1")
    assert shop.run("--add-ignore", "d\xe9j\xe0")[0] == 0
    assert "d\xe9j\xe0" in (shop.root / "app.py").read_bytes().decode("latin-1")
    assert shop.names() == []


def test_writes_without_a_definition_get_a_comment_each(shop: Shop) -> None:
    write = '@app.post("/{0}")\ndef {0}():\n    with open("/data/out.txt", "w") as out:\n        out.write("x")\n'
    write += '    return ""\n\n\n'
    shop.write("from flask import Flask\n\napp = Flask(__name__)\n\n\n" + write.format("one") + write.format("two"))
    assert shop.names() != []
    assert shop.run("--add-ignore", "moved soon")[0] == 0
    assert shop.names() == []
    assert shop.names(*LOW, "--select", "file-write,unused-suppression") == []


def test_a_reason_is_one_line(shop: Shop) -> None:
    assert shop.run("--add-ignore", "two\nlines")[0] == 2
