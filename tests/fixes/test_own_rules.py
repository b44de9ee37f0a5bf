"""A rule pack of users can ask for fixes: here one that keeps the old value as the default."""

from __future__ import annotations

from pathlib import Path

import pytest
from fixing import FLASK, assert_settled, mended

from statecheck.rules.load import PackError, load

RULE = """\
code = "SHP401"
name = "fixed-setting"
family = "config"
severity = "medium"
status = "stable"
since = "1"
summary = "A setting of the shop that stands in the code"
message = "Every deploy has the same"
instead = "Read it from the environment."
detector = "literal"

[fix]
kind = "read-environment"
applicability = "unsafe"
default = "keep"

[[form]]
id = "setting"
setting = ["SHOP_REGION", "SHOP_RETRIES", "SHOP_RATIO", "SHOP_VERBOSE"]
when = [{ literal = true, equals = [3, 0.5, true] }]
"""
FILES = {
    "statecheck.toml": 'rule-paths = ["pack"]\nselect = ["fixed-setting"]\n',
    "pack/config/fixed-setting/rule.toml": RULE,
}
DECOUPLE = "from decouple import config\n\nA = config('A')\n"


@pytest.mark.parametrize(
    ("head", "old", "new"),
    [
        ("import os\n", 'SHOP_REGION"] = "north"', 'SHOP_REGION"] = os.environ.get("SHOP_REGION", "north")'),
        ("import os\n", 'SHOP_RETRIES"] = 3', 'SHOP_RETRIES"] = int(os.environ.get("SHOP_RETRIES", "3"))'),
        ("import os\n", 'SHOP_RATIO"] = 0.5', 'SHOP_RATIO"] = float(os.environ.get("SHOP_RATIO", "0.5"))'),
        (
            "import os\n",
            'SHOP_VERBOSE"] = True',
            'SHOP_VERBOSE"] = os.environ.get("SHOP_VERBOSE", "True").lower() in ("1", "true", "yes", "on")',
        ),
        (DECOUPLE, 'SHOP_REGION"] = "north"', 'SHOP_REGION"] = config("SHOP_REGION", default="north")'),
        (DECOUPLE, 'SHOP_RETRIES"] = 3', 'SHOP_RETRIES"] = config("SHOP_RETRIES", default=3, cast=int)'),
    ],
)
def test_a_value_that_is_no_secret_can_stay_as_the_default(head: str, old: str, new: str) -> None:
    files = {**FILES, "app.py": f'{head}{FLASK}app.config["{old}\n'}
    after = mended(files, ())
    assert after.files["app.py"] == f'{head}{FLASK}app.config["{new}\n'
    assert next(fix.message for fix in after.fixes).endswith("from the environment, the old value is its default")


def test_what_looks_like_a_secret_never_stays() -> None:
    files = {**FILES, "app.py": f'import os\n{FLASK}app.config["SHOP_REGION"] = "zx81-4f7a9c2e8b-qq"\n'}
    after = mended(files, ())
    assert after.files["app.py"].endswith('app.config["SHOP_REGION"] = os.environ["SHOP_REGION"]\n')
    assert_settled(files, after, ())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('without = ["settings"]', '15: fix.without: there is no form "settings", did you mean "setting"?'),
        ('variables = { seting = "A" }', '15: fix.variables: there is no form "seting", did you mean "setting"?'),
        ('by-text = { "(" = "A" }', '15: fix.by-text."(": bad regular expression'),
        ('makes = { text = ["no name"] }', '15: fix.makes.text[0]: "no name" is no dotted name'),
        ('applicability = "maybe"', "fix.applicability"),
    ],
)
def test_a_fix_that_means_nothing_is_an_error_of_the_pack(tmp_path: Path, line: str, message: str) -> None:
    folder = tmp_path / "config" / "fixed-setting"
    folder.mkdir(parents=True)
    text = RULE.replace('default = "keep"\n', f"{line}\n")
    if line.startswith("applicability"):
        text = text.replace('applicability = "unsafe"\n', "")
    (folder / "rule.toml").write_text(text)
    with pytest.raises(PackError) as caught:
        load([tmp_path])
    assert message in str(caught.value)


def test_a_template_with_an_unknown_word_is_an_error_of_the_pack(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    style = '[[environment-style]]\nid = "vault"\nreader = "vault.read"\nrequired = { text = "{readr}({name})" }\n'
    (tmp_path / "models" / "vault.toml").write_text(f'framework = "vault"\n{style}')
    with pytest.raises(PackError) as caught:
        load([tmp_path])
    assert str(caught.value).endswith(
        'environment-style[0].required.text: unknown placeholder "{readr}", did you mean "reader"?'
    )
