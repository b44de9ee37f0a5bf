"""A small shop: products, a cart, orders and product photos.

Run it with `flask --app shop run`. It works with one process, and only with one.
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
    with app.app_context():
        db.create_all()
        seed()
    return app
