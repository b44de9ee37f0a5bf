"""What becomes of a literal: in the words of the project, with its type, under a telling name."""

from __future__ import annotations

import pytest
from fixing import FLASK, mended, mended_text

KEY = "k3y-9f27c1d0a84e5b6677"
DSN = "postgresql://shop:h7Gx2pQ@db.example.com/shop"


def line_of(text: str, part: str) -> str:
    return next(line for line in text.splitlines() if part in line)


@pytest.mark.parametrize(
    ("head", "line"),
    [
        ("import os\n", 'app.secret_key = os.environ["SECRET_KEY"]'),
        ("import os as system\n", 'app.secret_key = system.environ["SECRET_KEY"]'),
        ("import os.path\n", 'app.secret_key = os.environ["SECRET_KEY"]'),
        ("from os import environ\n", 'app.secret_key = environ["SECRET_KEY"]'),
        ("from os import environ as env\n", 'app.secret_key = env["SECRET_KEY"]'),
        ("import environ\n\nenv = environ.Env()\nA = env('A')\n", 'app.secret_key = env("SECRET_KEY")'),
        ("from environs import Env\n\nenv = Env()\nA = env('A')\n", 'app.secret_key = env.str("SECRET_KEY")'),
        ("from decouple import config\n\nA = config('A')\n", 'app.secret_key = config("SECRET_KEY")'),
        ("from decouple import config as c\n\nA = c('A')\n", 'app.secret_key = c("SECRET_KEY")'),
        (
            "from starlette.config import Config\n\nconfig = Config('.env')\nA = config('A')\n",
            'app.secret_key = config("SECRET_KEY")',
        ),
    ],
)
def test_the_words_of_the_file_are_used(head: str, line: str) -> None:
    text = f'{head}{FLASK}app.secret_key = "{KEY}"\n'
    assert mended_text(text) == f"{head}{FLASK}{line}\n"


def test_the_words_of_the_project_are_used_where_the_file_has_none() -> None:
    settings = "from decouple import config\n\nA = config('A')\nB = config('B')\n"
    text = mended_text(f'{FLASK}app.secret_key = "{KEY}"\n', settings=settings)
    assert text == (
        "from decouple import config\nfrom flask import Flask\n\napp = Flask(__name__)\n"
        'app.secret_key = config("SECRET_KEY")\n'
    )


def test_what_most_of_the_file_uses_wins() -> None:
    head = "import os\n\nimport environ\n\nenv = environ.Env()\nA = env('A')\nB = env('B')\nC = os.environ['C']\n"
    assert 'env("SECRET_KEY")' in mended_text(f'{head}{FLASK}app.secret_key = "{KEY}"\n')


def test_an_object_that_is_made_further_down_is_not_used() -> None:
    text = f'import environ\n{FLASK}app.secret_key = "{KEY}"\nenv = environ.Env()\nA = env("A")\n'
    assert 'app.secret_key = os.environ["SECRET_KEY"]' in mended_text(text)


def test_an_object_that_a_star_import_brings_is_used() -> None:
    base = "import environ\n\nenv = environ.Env()\nINSTALLED_APPS = []\n"
    text = f'from base import *\n\nA = env("A")\nSECRET_KEY = "{KEY}"\nROOT_URLCONF = "urls"\n'
    files = mended({"settings.py": text, "base.py": base}).files
    assert line_of(files["settings.py"], "SECRET_KEY") == 'SECRET_KEY = env("SECRET_KEY")'


def test_quotes_are_those_of_the_value() -> None:
    assert "app.secret_key = os.environ['SECRET_KEY']" in mended_text(f"{FLASK}app.secret_key = '{KEY}'\n")


@pytest.mark.parametrize(
    ("head", "value", "new"),
    [
        ("import os\n", "True", 'os.environ.get("DEBUG", "False").lower() in ("1", "true", "yes", "on")'),
        ("import environ\nenv = environ.Env()\n", "True", 'env.bool("DEBUG", default=False)'),
        ("from environs import Env\nenv = Env()\n", "True", 'env.bool("DEBUG", False)'),
        ("from decouple import config\nA = config('A')\n", "True", 'config("DEBUG", default=False, cast=bool)'),
    ],
)
def test_a_switch_stays_a_switch_and_is_off(head: str, value: str, new: str) -> None:
    text = f'{head}{FLASK}app.config["DEBUG"] = {value}\n'
    assert line_of(mended_text(text), '"DEBUG"') == f'app.config["DEBUG"] = {new}'


def test_a_number_stays_a_number() -> None:
    broker = (
        "class Broker:\n    def __init__(self, url):\n        self.port = url.port\n\n\n"
        "class Rabbit(Broker):\n    def __init__(self, url):\n"
        "        super().__init__(url)\n        self.port = 15672\n"
    )
    files = {"broker.py": broker, "app.py": f"from broker import Rabbit\n{FLASK}broker = Rabbit(app)\n"}
    assert '        self.port = int(os.environ["BROKER_PORT"])\n' in mended(files).files["broker.py"]


def test_bytes_stay_bytes() -> None:
    body = f'    return hmac.new(b"{KEY}", b"x", "md5").hexdigest()\n'
    text = f'import hmac\n{FLASK}\n\n@app.get("/")\ndef index():\n{body}'
    assert 'hmac.new(os.environ["HMAC_KEY"].encode(), b"x", "md5")' in mended_text(text)


@pytest.mark.parametrize(
    ("line", "new"),
    [
        (f'e = sqlalchemy.create_engine("{DSN}")', 'e = sqlalchemy.create_engine(os.environ["DATABASE_URL"])'),
        (f'DATABASE = "{DSN}"', 'DATABASE = os.environ["DATABASE_URL"]'),
        (f'app.config["SHOP_DATABASE"] = "{DSN}"', 'app.config["SHOP_DATABASE"] = os.environ["SHOP_DATABASE_URL"]'),
        (f'app.config.update(SECRET_KEY="{KEY}")', 'app.config.update(SECRET_KEY=os.environ["SECRET_KEY"])'),
        (f'stripe.api_key = "{KEY}"', 'stripe.api_key = os.environ["STRIPE_API_KEY"]'),
        (f'client = openai.OpenAI(api_key="{KEY}")', 'client = openai.OpenAI(api_key=os.environ["OPENAI_API_KEY"])'),
        ('HEADERS = {"token": "ab12-cd34-ef56-gh78"}', 'HEADERS = {"token": os.environ["HEADERS_TOKEN"]}'),
        (f'paymentApiKey = "{KEY}"', 'paymentApiKey = os.environ["PAYMENT_API_KEY"]'),
    ],
)  # fmt: skip
def test_the_variable_says_what_it_holds(line: str, new: str) -> None:
    head = f"import os\n\nimport openai\nimport sqlalchemy\nimport stripe\n{FLASK}"
    assert mended_text(f"{head}{line}\n") == f"{head}{new}\n"


def test_a_name_that_says_too_little_gets_that_of_its_module() -> None:
    slack = {"slack.py": 'TOKEN = "ab12-cd34-ef56-gh78"\n', "app.py": f"from slack import TOKEN\n{FLASK}"}
    assert mended(slack).files["slack.py"] == 'import os\n\nTOKEN = os.environ["SLACK_TOKEN"]\n'


def test_a_row_of_values_for_a_row_of_names() -> None:
    text = mended_text(f'import os\n{FLASK}USER_NAME, PAYMENT_API_KEY = "shop", "{KEY}"\n')
    assert line_of(text, "USER_NAME") == 'USER_NAME, PAYMENT_API_KEY = "shop", os.environ["PAYMENT_API_KEY"]'


def test_two_values_never_share_a_variable_and_equal_ones_do() -> None:
    lines = f'A = {{"api_key": "{KEY}"}}\nB = {{"api_key": "{KEY}x7"}}\nC = {{"api_key": "{KEY}"}}\n'
    text = mended_text(f"import os\n{FLASK}{lines}")
    assert [line_of(text, f"{name} = ") for name in "ABC"] == [
        'A = {"api_key": os.environ["API_KEY"]}',
        'B = {"api_key": os.environ["API_KEY_2"]}',
        'C = {"api_key": os.environ["API_KEY"]}',
    ]


@pytest.mark.parametrize(
    "line",
    [
        f'app.config["SECRET_KEY"] = f"{KEY}{{app.name}}"',  # a part of a text
        f'def connect(password="{KEY}"): ...',  # evaluated at import, whoever gives the argument
        f'client = Client("{KEY}")',  # nothing says what it is
        f'app.secret_key = (\n    "{KEY}"  # from the old server\n    "more"\n)',  # the comment would be lost
        f'render(kwargs={{"secret": "{KEY}"}})',  # a secret of what?
        'if app.testing:\n    app.debug = True',  # somebody asks for it
        'breakpoint()',
    ],
)  # fmt: skip
def test_what_a_person_must_decide_stays(line: str) -> None:
    text = f"import os\nfrom vendor import Client\n{FLASK}{line}\n"
    assert mended_text(text) == text


@pytest.mark.parametrize("head", ["os = 1\n", "from platform import system as os\n", "def os(): ...\n"])
def test_a_name_that_means_something_else_is_not_used(head: str) -> None:
    text = f'{head}{FLASK}app.secret_key = "{KEY}"\n'
    assert mended_text(text) == text


def test_a_name_that_a_function_binds_is_not_used_in_it() -> None:
    text = f'import os\n{FLASK}\n\n@app.get("/")\ndef index(os):\n    app.secret_key = "{KEY}"\n'
    assert mended_text(text) == text
