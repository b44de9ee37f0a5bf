"""What counts as a secret, an address or a debug switch in the code, how bad it is, and what must stay silent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statecheck.detectors.api import Context
from statecheck.detectors.literal import detect
from statecheck.detectors.secrets import entropy, looks_drawn, wordiness
from statecheck.facts.python import extract
from statecheck.model import Finding
from statecheck.project.knowledge import Knowledge
from statecheck.project.link import link
from statecheck.rules.load import load

PACK = load()
KEY = "k3y-9f27c1d0a84e5b6677"
FLASK = "import os, secrets, uuid\nfrom flask import Flask\napp = Flask(__name__)\n"


def find(files: dict[str, str] | str, roles: dict[str, str] | None = None) -> list[Finding]:
    tree = {"app.py": files} if isinstance(files, str) else files
    linked = link(
        {path: extract(text) for path, text in tree.items()},
        {**dict.fromkeys(tree, "app"), **(roles or {})},
        Knowledge(PACK),
    )
    rules = [rule for rule in PACK.rules.values() if rule.detector == "literal"]
    return sorted(detect(rules, Context(linked, {}, {})), key=Finding.sort_key)


def only(files: dict[str, str] | str) -> Finding:
    (finding,) = find(files)
    return finding


def loud(files: dict[str, str] | str) -> list[Finding]:
    return [finding for finding in find(files) if finding.severity != "low" and finding.confidence != "low"]


class TestSeverity:
    @pytest.mark.parametrize(
        ("line", "severity", "form"),
        [
            (f'app.config["SECRET_KEY"] = "{KEY}"', "high", "secret-key"),
            (f'app.secret_key = "{KEY}"', "high", "secret-key-attribute"),
            (f'app.config["SECRET_KEY"] = os.environ.get("SECRET_KEY", "{KEY}")', "high", "env-default"),
            (
                'app.config["SECRET_KEY"] = os.environ.get("SECRET_KEY", "changeme")',
                "medium",
                "env-default-placeholder",
            ),
            ('app.config["SECRET_KEY"] = os.environ.get("SECRET_KEY", "marmalade")', "medium", "env-default-word"),
            ('URL = os.environ.get("REDIS_URL", "redis://localhost:6379/0")', "low", "env-default-local"),
            ('URL = os.environ.get("REDIS_URL", "redis://cache:6379/0")', "low", "env-default-local"),
            ('URL = os.environ.get("REDIS_URL", "redis://cache.example.com:6379/0")', "medium", "env-default"),
            ('URL = "postgresql://shop:h7Gx2pQ@db.example.com/shop"', "high", "url-with-password"),
            ('URL = "postgresql://postgres:postgres@localhost/shop"', "low", "url-known-password"),
            ('DEFAULT_PASSWORD = "admin123"', "medium", "named-password"),
            ("app.config['DEBUG'] = True", "medium", "config-debug"),
            ("debug = os.environ.get('DEBUG', 'true') == 'true'", "medium", "env-default"),
        ],
    )
    def test_the_ladder(self, line: str, severity: str, form: str) -> None:
        finding = only(FLASK + line + "\n")
        assert (finding.severity, finding.form, finding.location.line) == (severity, form, 4)

    @pytest.mark.parametrize("value", ["", "None"])
    def test_an_empty_default_is_no_secret(self, value: str) -> None:
        assert not find(FLASK + f'app.secret_key = os.environ.get("SECRET_KEY", "{value}")\n')

    def test_the_default_of_a_settings_field_is_judged_as_such_wherever_it_is_used(self) -> None:
        finding = only(
            "import jwt\nfrom pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n"
            "    jwt_secret: str = 'change-me'\nsettings = Settings()\n"
            "def sign(claims):\n    return jwt.encode(claims, settings.jwt_secret)\n"
        )
        assert (finding.form, finding.severity, finding.location.line) == ("env-default-placeholder", "medium", 4)


class TestRandomKeys:
    @pytest.mark.parametrize(
        "value",
        [
            "secrets.token_hex(32)",
            "os.environ.get('KEY') or secrets.token_hex()",
            "os.environ.get('KEY', uuid.uuid4().hex)",
            "str(uuid.uuid4())",
            "fresh()",
        ],
    )
    def test_a_key_drawn_by_each_process(self, value: str) -> None:
        finding = only(f"{FLASK}def fresh():\n    return secrets.token_urlsafe()\napp.secret_key = {value}\n")
        assert (finding.form, finding.severity, finding.harm) == ("app-attribute", "high", "split")

    def test_a_key_that_is_written_down_is_not_drawn_again(self) -> None:
        assert not find(
            f"{FLASK}def setup(store):\n    key = store.get('key')\n    if not key:\n"
            "        key = secrets.token_hex()\n        store.set('key', key)\n    app.secret_key = key\n"
        )

    def test_the_finding_stands_where_the_key_is_drawn_and_names_it(self) -> None:
        finding = only(
            {
                "keys.py": "import os\nMASTER = os.urandom(32)\n",
                "app.py": f"{FLASK}import jwt\nfrom keys import MASTER\n"
                "def sign(claims, key):\n    return jwt.encode(claims, key)\n"
                "@app.post('/login')\ndef login():\n    return sign({}, MASTER)\n",
            }
        )
        assert (finding.location.path, finding.location.line, finding.symbol) == ("keys.py", 2, "keys.MASTER")
        assert (finding.name, finding.form) == ("random-secret", "token")

    @pytest.mark.parametrize(
        "body",
        [
            "    key = secrets.token_bytes(32)\n    return jwt.encode({}, key)\n",
            "    signing_key = secrets.token_urlsafe()\n    return signing_key\n",
        ],
    )
    def test_a_key_that_one_request_draws_and_drops(self, body: str) -> None:
        assert not find(f"{FLASK}import jwt\n@app.post('/')\ndef view():\n{body}")

    @pytest.mark.parametrize(
        "helper",
        [
            "@functools.cache\ndef key():\n    return secrets.token_bytes(32)\n",
            "K = None\ndef key():\n    global K\n    K = K or secrets.token_bytes(32)\n    return K\n",
        ],
    )
    def test_a_key_that_the_first_request_draws_for_all(self, helper: str) -> None:
        view = "@app.post('/')\ndef view():\n    return jwt.encode({}, key())\n"
        assert only(f"{FLASK}import functools, jwt\n{helper}{view}").form == "token"

    def test_a_digest_that_is_also_handed_out(self) -> None:
        text = (
            f"{FLASK}import hmac\nSALT = os.urandom(16)\nSEEN = set()\n@app.get('/<name>')\ndef view(name):\n"
            "    mark = hmac.new(SALT, name.encode(), 'sha1').hexdigest()\n"
            "    fresh = mark not in SEEN\n    return {}\n"
        )
        assert not find(text.format("str(fresh)"))
        assert only(text.format("mark")).form == "digest"

    def test_a_key_read_back_from_a_file_is_for_the_rules_of_the_disk(self) -> None:
        assert not find(
            f"{FLASK}def load():\n    key = secrets.token_hex()\n    open('key', 'w').write(key)\n"
            "    return key\napp.secret_key = load()\n"
        )


class TestPlace:
    def test_the_literal_is_reported_once_where_it_stands(self) -> None:
        finding = only(
            {
                "conf.py": f'KEY = "{KEY}"\n',
                "app.py": FLASK + "import conf\napp.secret_key = conf.KEY\napp.config['SECRET_KEY'] = conf.KEY\n",
            }
        )
        assert (finding.location.path, finding.location.line, finding.symbol) == ("conf.py", 1, "conf.KEY")
        steps = [(step.role, step.location.path) for step in finding.flow]
        assert steps == [("definition", "conf.py"), ("read", "app.py")]

    def test_the_value_is_never_told(self) -> None:
        for finding in find(
            FLASK + f'app.secret_key = "{KEY}"\nURL = "postgresql://shop:h7Gx2pQ@db.example.com/shop"\n'
        ):
            texts = [finding.message, finding.instead, finding.symbol, *(step.message for step in finding.flow)]
            assert finding.sensitive
            assert not any(KEY in text or "h7Gx2pQ" in text for text in texts)

    def test_one_literal_is_one_finding(self) -> None:
        assert (
            len(
                find(
                    FLASK + "import redis\napp.config['REDIS_URL'] = os.environ.get('REDIS_URL', "
                    "'redis://cache.example.com')\ncache = redis.from_url(app.config['REDIS_URL'])\n"
                )
            )
            == 1
        )


class TestShortKeys:
    def test_a_key_of_a_few_characters_more_is_a_key(self) -> None:
        assert loud(FLASK + 'import openai; client = openai.OpenAI(api_key="hf-7Gx2pQ")\n')

    def test_a_short_password_is_a_password(self) -> None:
        assert loud(FLASK + 'import aiohttp; auth = aiohttp.BasicAuth("shop", "h7G")\n')


class TestSilence:
    @pytest.mark.parametrize(
        "line",
        [
            'TOKEN_HEADER = "X-Auth-Token-2"',
            'PASSWORD_FIELD = "password_1"',
            'password = "password"',
            'ACCESS_TOKEN = "access-token"',
            'API_KEY = "WANDB_API_KEY"',
            'token = "/api/v2/download-token"',
            'PASSWORD_RESET = "account/password_reset_2.html"',
            'SECRET = "app.core.secrets_2.load"',
            'token_scopes = "https://www.example.com/auth/drive.file"',
            'secret_help = "At least 12 characters, 1 digit!"',
            'NEXT = {"example": {"next_page_token": "eyJpbmRleCI6IDExfQ=="}}',
            'TOKEN = f"{app.name}-9f27c1d0a84e5b6677"',
            'URL = f"postgresql://{app.name}:{app.name}@db.example.com/shop"',
            'if app.name == "postgresql://shop:h7Gx2pQ@db.example.com/shop": pass',
            'XMLNS = "http://www.w3.org/2000/svg"',
            'API = os.environ.get("API_URL", "https://api.github.com")',
            'PASSWORD = os.environ["PASSWORD"]',
            'import openai; client = openai.OpenAI(api_key="not-needed")',
            'import openai; client = openai.OpenAI(api_key="hf")',
            'KEY = os.environ.get("OPENAI_API_KEY", "placeholder")',
            '"""postgresql://shop:h7Gx2pQ@db.example.com/shop"""',
        ],
    )
    def test_what_only_looks_like_it(self, line: str) -> None:
        assert not loud(FLASK + line + "\n")

    @pytest.mark.parametrize("path", ["docs/conf.py", "examples/app.py", "settings_dev.py", "shop/local.py"])
    def test_examples_and_development(self, path: str) -> None:
        assert not find({path: FLASK + f'app.secret_key = "{KEY}"\n'})

    def test_test_code(self) -> None:
        assert not find({"checks.py": FLASK + f'app.secret_key = "{KEY}"\n'}, {"checks.py": "test"})

    def test_a_module_run_by_hand(self) -> None:
        assert not loud(FLASK + "if __name__ == '__main__':\n    app.run(debug=True)\n")


class TestShape:
    @pytest.mark.parametrize(
        "text",
        [
            KEY,
            "v8sk33sy82!uw3ty=!jjv5vp7",
            "82a6dd0b06d2bd066c424bb3bba2dcb1",
            "admin123",
            "Tr0ub4dor&3",
        ],
    )
    def test_drawn(self, text: str) -> None:
        assert looks_drawn(text)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "short1",
            "password",
            "access-token",
            "CLIENT_SECRET_KEY",
            "account/password_reset",
            "www.example.com",
            "https://example.com/a1b2c3",
            "2024-01-31",
            "read:user:email",
            "Your new password",
            "{secret_1234567}",
            "aaaaaaaaaaaa1",
        ],
    )
    def test_chosen(self, text: str) -> None:
        assert not looks_drawn(text)

    @given(st.text())
    def test_measures_are_bounded_for_any_text(self, text: str) -> None:
        assert 0 <= entropy(text) <= 20
        assert 0 <= wordiness(text) <= 1
        assert isinstance(looks_drawn(text), bool)
