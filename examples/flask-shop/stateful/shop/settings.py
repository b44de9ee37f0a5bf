"""Everything is fixed here, so each deploy needs its own build."""

import os

SECRET_KEY = "x9Qv2LmT7cRk4WbZ8sNd1YpH"
SQLALCHEMY_DATABASE_URI = "sqlite:///shop.db"
SESSION_TYPE = "filesystem"
SESSION_FILE_DIR = "/var/tmp/shop-sessions"
UPLOAD_FOLDER = "/var/tmp/shop-photos"

if os.environ.get("SHOP_ENV") == "production":
    CURRENCY = "EUR"
else:
    CURRENCY = "TEST"
