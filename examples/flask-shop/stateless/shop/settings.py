"""Everything that differs between deploys comes from the environment. A missing value stops the start."""

import os

import redis

SECRET_KEY = os.environ["SECRET_KEY"]
SQLALCHEMY_DATABASE_URI = os.environ["DATABASE_URL"]
REDIS_URL = os.environ["REDIS_URL"]
PHOTO_BUCKET = os.environ["PHOTO_BUCKET"]
CURRENCY = os.environ.get("CURRENCY", "EUR")

SESSION_TYPE = "redis"
SESSION_REDIS = redis.Redis.from_url(REDIS_URL)
