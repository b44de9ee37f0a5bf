"""Defaults by absence: judged over all settings modules of a Django project, and silent where one gives the setting."""

from __future__ import annotations

import pytest

from statecheck.testing import Case, report_of

RULES = ("process-backend", "process-cache", "background-work")
BASE = "import os\nSECRET_KEY = os.environ['KEY']\nROOT_URLCONF = 'shop.urls'\n"
LOCMEM = "CACHES = {'default': {'BACKEND': 'django.core.cache.backends.locmem.LocMemCache'}}\n"
REDIS = (
    "CACHES = {'default': {'BACKEND': 'django.core.cache.backends.redis.RedisCache', 'LOCATION': os.environ['R']}}\n"
)
SESSIONS = "SESSION_ENGINE = 'django.contrib.sessions.backends.cache'\n"
AXES = "AXES_HANDLER = 'axes.handlers.cache.AxesCacheHandler'\n"
CACHE = "from django.core.cache import cache\n\ndef issue(request):\n    cache.set('otp', 1)\n"
LIMIT = (
    "from django_ratelimit.decorators import ratelimit\n\n@ratelimit(key='ip', rate='5/m')\ndef login(request): ...\n"
)
THROTTLE = (
    "from rest_framework.throttling import UserRateThrottle\n\nclass Burst(UserRateThrottle):\n    rate = '5/min'\n"
)
NINJA = "from ninja.throttling import AnonRateThrottle\n\nlimit = AnonRateThrottle('5/m')\n"
EVENTS = "from django_eventstream import send_event\n\ndef say(request):\n    send_event('room', 'message', {})\n"
TASKS = "from django_tasks import task\n\n@task()\ndef send(): ...\n"


def found(settings: str | dict[str, str], code: str = "") -> list[tuple[str, str]]:
    """The rule and the form of each finding. ``settings`` is one module, or the files of a package."""
    files = settings if isinstance(settings, dict) else {"shop/settings.py": BASE + settings}
    report = report_of(Case("django", {**files, "shop/views.py": code}, ()), RULES)
    assert report.errors == ()
    return [(finding.name, finding.form or "") for finding in report.findings]


@pytest.mark.parametrize("cache", ["", LOCMEM], ids=["no cache", "a cache of the process"])
@pytest.mark.parametrize(
    ("settings", "code", "finding"),
    [
        pytest.param("", LIMIT, ("process-backend", "django-cache-counters"), id="a limit"),
        pytest.param("", THROTTLE, ("process-backend", "django-cache-counters"), id="a throttle"),
        pytest.param("", NINJA, ("process-backend", "django-cache-counters"), id="a throttle of django-ninja"),
        pytest.param(
            "REST_FRAMEWORK = {'DEFAULT_THROTTLE_CLASSES': ['rest_framework.throttling.AnonRateThrottle']}\n",
            "",
            ("process-backend", "django-cache-counters"),
            id="a throttle named in the settings",
        ),
        pytest.param(
            "INSTALLED_APPS = ['allauth', 'allauth.account']\n",
            "",
            ("process-backend", "django-cache-counters"),
            id="an application that limits log-ins",
        ),
        pytest.param(
            "INSTALLED_APPS = ['django_select2']\n",
            "",
            ("process-backend", "django-select2-cache"),
            id="an application that keeps its fields in the cache",
        ),
        pytest.param(SESSIONS, CACHE, ("process-backend", "django-session-cache"), id="sessions in the cache"),
        pytest.param(AXES, "", ("process-backend", "axes-cache-handler"), id="lock-outs in the cache"),
        pytest.param(
            "RATELIMIT_USE_CACHE = 'default'\n",
            LIMIT,
            ("process-backend", "django-ratelimit-cache"),
            id="a named cache",
        ),
    ],
)
def test_what_is_wrong_only_together_with_the_cache_of_one_process(
    settings: str, code: str, cache: str, finding: tuple[str, str]
) -> None:
    assert finding in found(settings + cache, code)
    assert found(settings + REDIS, code) == []


def test_a_cache_that_nobody_set_is_told_once() -> None:
    assert found("", CACHE) == [("process-cache", "django-cache-default")]
    assert found("", CACHE + LIMIT) == [("process-backend", "django-cache-counters")]
    assert found("INSTALLED_APPS = ['waffle']\n") == [("process-cache", "django-cache-default")]


@pytest.mark.parametrize(
    ("given", "code", "form"),
    [
        ("EVENTSTREAM_REDIS = {'host': os.environ['H']}\n", EVENTS, "django-eventstream-in-process"),
        ("GRIP_URL = os.environ['GRIP_URL']\n", EVENTS, "django-eventstream-in-process"),
        (
            "TASKS = {'default': {'BACKEND': 'django_tasks.backends.database.DatabaseBackend'}}\n",
            TASKS,
            "django-tasks-default",
        ),
    ],
)
def test_a_default_of_an_application_that_is_used(given: str, code: str, form: str) -> None:
    assert [name for _, name in found(REDIS, code)] == [form]
    assert found(REDIS + given, code) == []
    assert found(REDIS, "") == []


class TestSettingsOfSeveralModules:
    @pytest.mark.parametrize("where", ["base", "production"])
    def test_a_setting_given_anywhere_that_counts(self, where: str) -> None:
        files = {"base": BASE, "production": "import os\nfrom .base import *\nDEBUG = False\n"}
        files[where] += REDIS
        assert found({f"shop/settings/{name}.py": text for name, text in files.items()}, LIMIT) == []

    def test_a_setting_given_only_for_development_does_not_count(self) -> None:
        files = {
            "shop/settings/base.py": BASE,
            "shop/settings/development.py": "import os\nfrom .base import *\n" + REDIS,
            "shop/settings/production.py": "from .base import *\nDEBUG = False\n",
        }
        assert found(files, LIMIT) == [("process-backend", "django-cache-counters")]

    def test_a_cache_of_the_process_only_for_tests_is_none(self) -> None:
        files = {
            "shop/settings/base.py": BASE + REDIS,
            "shop/settings/test.py": "from .base import *\n" + LOCMEM,
            "shop/settings/production.py": "from .base import *\n",
        }
        assert found(files, LIMIT) == []

    @pytest.mark.parametrize("line", ["locals().update(load())\n", "from elsewhere.settings import *\n"])
    def test_a_module_that_can_hold_more_than_it_shows_is_not_judged(self, line: str) -> None:
        assert found(line, LIMIT) == []
