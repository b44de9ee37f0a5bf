"""Loading rule packs: what is wrong is said in one line, with the file and the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from statecheck.project.knowledge import Knowledge
from statecheck.rules.load import PackError, default_pack_path, load

RULE = """\
code = "ACM101"
name = "acme-cache"
family = "memory"
severity = "medium"
status = "stable"
since = "1.0"
summary = "A summary"
message = "{symbol} is kept"
instead = "Use the shared cache."
detector = "call"
"""
FORM = '\n[[form]]\nid = "one"\ncall = ["acme.Cache"]\n'
MODEL = 'framework = "acme"\npackages = ["acme"]\n'
ENTRY = '\n[[entry]]\nid = "route"\nmatch = "decorator"\nnames = ["acme.App.route"]\nphase = "request"\n'
SHAPE = (
    '\n[[entry]]\nid = "jobs"\nmatch = "shape"\nphase = "worker"\nshape = { classes = ["Jobs"], lists = ["tasks"] }\n'
)


def make_pack(root: Path, **files: str) -> Path:
    """A pack below ``root``; a keyword is a path with "__" for "/"."""
    for name, text in files.items():
        path = root / f"{name.replace('__', '/').replace('_', '-')}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def error_of(root: Path) -> str:
    with pytest.raises(PackError) as caught:
        load([root])
    return str(caught.value).replace(f"{root}/", "")


def test_a_pack_of_a_user_lies_beside_our_own(tmp_path: Path) -> None:
    make_pack(tmp_path, memory__acme_cache__rule=RULE + FORM, models__acme=MODEL + ENTRY)
    (tmp_path / "memory/acme-cache/README.md").write_text("# acme-cache\n", encoding="utf-8")
    pack = load([tmp_path])
    assert pack.rules["acme-cache"].forms[0].call == ("acme.Cache",)
    assert pack.rules["acme-cache"].page == "# acme-cache\n"
    assert pack.models["acme"].entries[0].phase == "request"
    assert set(load().rules) == set(pack.rules) - {"acme-cache"}


def test_a_pack_is_data_and_nothing_in_it_runs(tmp_path: Path) -> None:
    make_pack(tmp_path, memory__acme_cache__rule=RULE)
    for folder in (tmp_path, tmp_path / "memory", tmp_path / "memory/acme-cache", tmp_path / "models"):
        folder.mkdir(exist_ok=True)
        for name in ("__init__.py", "conftest.py", "rule.py"):
            (folder / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n", encoding="utf-8")
    assert "acme-cache" in load([tmp_path]).rules
    assert not (tmp_path / "ran").exists()


def test_our_own_pack_is_the_checkout_when_we_are_not_installed() -> None:
    assert (default_pack_path() / "README.md").is_file()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RULE.replace("severity", "severty"), '4: unknown key "severty", did you mean "severity"?'),
        (RULE.replace('detector = "call"\n', ""), '1: "detector" is missing'),
        (
            RULE.replace('"medium"', '"hihg"'),
            '4: severity: expected one of "high", "medium", "low", got "hihg", did you mean "high"?',
        ),
        (RULE.replace('since = "1.0"', "since = 1.0"), "6: since: expected a string, got 1.0"),
        (RULE + 'aliases = "old"\n', '11: aliases: expected an array of strings, got "old"'),
        (RULE + "aliases = [1]\n", "11: aliases[0]: expected a string, got 1"),
        (RULE + 'aliases = ["Old Name"]\n', '11: aliases[0]: "Old Name" is not a name like "mutated-global"'),
        (RULE.replace("ACM101", "acme-1"), '1: code: "acme-1" is not a code like "STC101"'),
        (RULE.replace("ACM101", "STC201"), '1: code: "STC201" is no code of the family "memory"'),
        (RULE.replace('family = "memory"', 'family = "disk"'), '3: family: "disk" stands in the folder of "memory"'),
        (RULE.replace("acme-cache", "acme-store"), '2: name: "acme-store" stands in the folder "acme-cache"'),
        (RULE.replace("{symbol}", "{symbl}"), '8: message: unknown placeholder "{symbl}", did you mean "symbol"?'),
        (RULE.replace("{symbol}", "{symbol"), "8: message: expected '}' before end of string"),
        (
            RULE + 'predicates = ["zero-argumnet"]\n',
            '11: predicates: unknown predicate "zero-argumnet", did you mean "zero-argument"?',
        ),
        (
            RULE + '\n[[form]]\nid = "one"\n',
            "12: form[0]: one of call, decorator, subclass, attribute, setting, document, syntax is needed, "
            "this has none of them",
        ),
        (
            RULE + FORM + 'setting = ["CACHES"]\n',
            "12: form[0]: one of call, decorator, subclass, attribute, setting, document, syntax is needed, "
            "this has both call and setting",
        ),
        (
            RULE + FORM + 'predicates = ["not awaitd"]\n',
            '15: form[0].predicates: unknown predicate "awaitd", did you mean "awaited"?',
        ),
        (
            RULE + FORM + 'key-pattern = "("\n',
            "15: form[0].key-pattern: bad regular expression: missing ), unterminated subpattern at position 0",
        ),
        (
            RULE + FORM + 'when = [\n  { argument = "url", absent = true },\n  { argument = "url", regex = "[" },\n]\n',
            "17: form[0].when[1].regex: bad regular expression: unterminated character set at position 0",
        ),
        (RULE + FORM + "when = [{ argumnt = 'url' }]\n", '15: unknown key "argumnt", did you mean "argument"?'),
        (
            RULE + FORM + "when = [{ argument = 'url', equals = [[1]] }]\n",
            "15: form[0].when[0].equals[0]: expected a string, number or boolean, got an array",
        ),
        (
            RULE + '\n[options.limit]\ntype = "int"\ndefault = 1.5\nhelp = "A limit"\n',
            "14: options.limit.default: expected a string, integer, boolean or array of strings, got 1.5",
        ),
        (RULE + FORM.replace("acme.Cache", "acme.Cache()"), '14: form[0].call[0]: "acme.Cache()" is no dotted name'),
        (RULE + FORM + FORM, '17: form[1].id: "one" stands for an earlier form'),
        (
            RULE + FORM + 'phases = ["requests"]\n',
            '15: form[0].phases[0]: expected one of "import", "startup", "request", "worker", "cli", "test", '
            'got "requests", did you mean "request"?',
        ),
        (
            RULE + '\n[options.limit]\ntype = "int"\ndefault = "3"\nhelp = "A limit"\n',
            "14: options.limit.default: is no int",
        ),
        (
            RULE + '\n[options.limit]\ntype = "integer"\ndefault = 3\nhelp = "A limit"\n',
            '13: options.limit.type: expected one of "bool", "int", "str", "list", got "integer", did you mean "int"?',
        ),
        (RULE + "forms = 1 2\n", "11: is not valid TOML: Expected newline or end of document after a statement"),
    ],
)
def test_an_error_in_a_rule_names_file_line_and_key(text: str, message: str, tmp_path: Path) -> None:
    make_pack(tmp_path, memory__acme_cache__rule=text)
    assert error_of(tmp_path) == f"memory/acme-cache/rule.toml:{message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MODEL + ENTRY.replace("phase", "phrase"), '8: unknown key "phrase", did you mean "phase"?'),
        (MODEL + ENTRY.replace('phase = "request"\n', ""), '4: "entry[0].phase" is missing'),
        (MODEL + ENTRY.replace("acme.App.route", ".route"), '7: entry[0].names[0]: ".route" is no dotted name'),
        (MODEL + ENTRY.replace('["acme.App.route"]', "[]"), '4: "entry[0].names" is missing'),
        (MODEL + SHAPE.replace("shape = { classes", "# "), '4: "entry[0].shape" is missing'),
        (MODEL + SHAPE + 'names = ["acme.Jobs"]\n', "9: entry[0].names: a shape has none"),
        (MODEL + ENTRY + 'shape = { functions = ["main"] }\n', '9: entry[0].shape: goes with match = "shape"'),
        (MODEL + SHAPE.replace("Jobs", "acme.Jobs"), '8: entry[0].shape.classes: "acme.Jobs" is no name'),
        (MODEL + SHAPE.replace(', lists = ["tasks"]', ""), "8: entry[0].shape: classes and lists go together"),
        (
            MODEL + SHAPE.replace("lists", 'bases = ["*Job"], lists'),
            "8: entry[0].shape: bases and classes exclude each other",
        ),
        (
            MODEL + SHAPE.replace('classes = ["Jobs"], lists = ["tasks"]', 'parameters = [["..."]]'),
            "8: entry[0].shape: any function would fit",
        ),
        (
            MODEL + SHAPE.replace('classes = ["Jobs"], lists = ["tasks"]', 'parameters = [["...", "job", "..."]]'),
            '8: entry[0].shape.parameters: "..." is no name',
        ),
        (MODEL + ENTRY + ENTRY, '11: entry[1].id: "route" stands for an earlier row'),
        (
            MODEL.replace('"acme"\n', '"Acme Web"\n', 1),
            '1: framework: "Acme Web" is not a name like "flask-extensions"',
        ),
        (
            MODEL + '\n[bases]\n"acme.View" = ["acme.Base"]\n"acme.Form" = "acme.Base"\n',
            '6: bases."acme.Form": expected an array of strings, got "acme.Base"',
        ),
        (MODEL + '\n[[server]]\nid = "acme"\ncommands = []\n', "4: server[0]: neither commands nor call nor tables"),
        (
            MODEL + '\n[[server]]\nid = "acme"\ncommands = ["acme"]\nserve = "request"\n',
            '7: unknown key "serve", did you mean "serves"?',
        ),
        (MODEL + '\n[[platform]]\nid = "acme"\nunit = "x"\n', "4: platform[0]: any document would fit"),
        (
            MODEL + '\n[[platform]]\nid = "acme"\nunit = "{nam}"\nhas = ["a"]\n',
            '6: platform[0].unit: unknown placeholder "{nam}", did you mean "name"?',
        ),
        (
            MODEL + '\n[[platform]]\nid = "acme"\nunit = "x"\nhas = ["a"]\nunits = "/(/.*"\n',
            "8: platform[0].units: bad regular expression: missing ), unterminated subpattern at position 0",
        ),
        (
            MODEL + "\n[[object-schema]]\nmerge-keys = { ports = [] }\n",
            "5: object-schema[0].merge-keys.ports: items are merged by a key",
        ),
        (
            MODEL + '\n[[object-schema]]\nreferences = { volume = "Volume" }\n',
            '5: object-schema[0].references.volume: two keys are needed, "configMapRef.name"',
        ),
        (MODEL + '\n[instances]\n"acme.app" = ""\n', '5: instances."acme.app"[1]: "" is no dotted name'),
        (
            MODEL + '\n[[bare-name]]\nkind = "fetch"\nnames = ["acme.Queue.take"]\n',
            '6: bare-name[0].names[0]: "acme.Queue.take" is no bare name',
        ),
        (
            MODEL + '\n[aliases]\n"acme.app.App" = "acme/App"\n',
            '5: aliases."acme.app.App"[1]: "acme/App" is no dotted name',
        ),
    ],
)
def test_an_error_in_a_model_names_file_line_and_key(text: str, message: str, tmp_path: Path) -> None:
    make_pack(tmp_path, models__acme=text)
    assert error_of(tmp_path) == f"models/acme.toml:{message}"


def test_bare_names_of_all_models_add_up(tmp_path: Path) -> None:
    make_pack(tmp_path, models__acme=MODEL + '\n[[bare-name]]\nkind = "fetch"\nnames = ["take"]\n')
    knowledge = Knowledge(load([tmp_path]))
    assert {"take", "lpop"} <= knowledge.bare_names("fetch")
    assert "take" not in knowledge.bare_names("send")


def test_forms_share_the_names_of_a_list(tmp_path: Path) -> None:
    lists = '\n[lists]\nmakers = ["acme.make", "acme.draw"]\n'
    when = 'when = [{ argument = "key", instance-of = ["acme.first", "$makers"] }]\n'
    make_pack(tmp_path, memory__acme_cache__rule=RULE + lists + FORM + when)
    [form] = load([tmp_path]).rules["acme-cache"].forms
    assert form.when[0].instance_of == ("acme.first", "acme.make", "acme.draw")


def test_a_list_that_is_not_there(tmp_path: Path) -> None:
    lists = '\n[lists]\nmakers = ["acme.make"]\n'
    when = 'when = [{ instance-of = ["$maker"] }]\n'
    make_pack(tmp_path, memory__acme_cache__rule=RULE + lists + FORM + when)
    message = 'form[0].when[0].instance-of: there is no list "maker", did you mean "makers"?'
    assert error_of(tmp_path).endswith(message)


def test_names_codes_and_models_are_taken_once(tmp_path: Path) -> None:
    ours = default_pack_path()
    make_pack(tmp_path / "a", memory__acme_cache__rule=RULE.replace("ACM101", "STC101"))
    assert error_of(tmp_path / "a") == (
        f'memory/acme-cache/rule.toml:1: "STC101" is taken by {ours}/memory/mutated-global/rule.toml'
    )
    make_pack(tmp_path / "b", memory__acme_cache__rule=RULE + 'aliases = ["x", "mutated-global"]\n')
    assert error_of(tmp_path / "b") == (
        f'memory/acme-cache/rule.toml:11: "mutated-global" is taken by {ours}/memory/mutated-global/rule.toml'
    )
    make_pack(tmp_path / "c", models__flask=MODEL.replace('"acme"', '"flask"'))
    assert error_of(tmp_path / "c") == f'models/flask.toml:1: "model flask" is taken by {ours}/models/flask.toml'


def test_folders_that_fit_nowhere(tmp_path: Path) -> None:
    make_pack(tmp_path / "a", memroy__acme_cache__rule=RULE)
    assert error_of(tmp_path / "a") == 'memroy: unknown family "memroy", did you mean "memory"?'
    (tmp_path / "b/memory/empty").mkdir(parents=True)
    assert error_of(tmp_path / "b") == "memory/empty/rule.toml: cannot be read: No such file or directory"
    assert error_of(tmp_path / "missing") == f"{tmp_path}/missing: there is no such rule pack"
