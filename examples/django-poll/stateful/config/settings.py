"""Settings as `startproject` leaves them, with sessions and pictures on the local disk.

There is no CACHES, so Django keeps the cache in the memory of each process.
"""

from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = "n7#w2k!qz9v5t@x4m8r1c6y3b0p&d*hj"
DEBUG = True
ALLOWED_HOSTS = ["*"]

INSTALLED_APPS = ["django.contrib.sessions", "polls"]
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]
ROOT_URLCONF = "config.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "polls.sqlite3"}}
SESSION_ENGINE = "django.contrib.sessions.backends.file"
MEDIA_ROOT = BASE_DIR / "media"
MEDIA_URL = "/media/"
