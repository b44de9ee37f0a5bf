"""A small shop: products, a cart, orders and product photos.

Run it with `flask --app shop run`, in as many copies as you like. Set SECRET_KEY, DATABASE_URL, REDIS_URL and
PHOTO_BUCKET first. Create the tables once, with `flask --app shop setup`.
"""

from flask import Flask
from flask_session import Session

from shop.models import db, seed
from shop.views import bp


def create_app():
    app = Flask(__name__)
    app.config.from_object("shop.settings")
    Session(app)
    db.init_app(app)
    app.register_blueprint(bp)

    @app.cli.command("setup")
    def setup():
        db.create_all()
        seed()

    return app
