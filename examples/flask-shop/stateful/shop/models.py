"""Products and orders."""

from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


class Product(db.Model):
    sku = db.Column(db.String(20), primary_key=True)
    title = db.Column(db.String(80), nullable=False)
    cents = db.Column(db.Integer, nullable=False)
    photo = db.Column(db.String(200))


class Order(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    number = db.Column(db.Integer, nullable=False)
    customer = db.Column(db.String(80), nullable=False)
    cents = db.Column(db.Integer, nullable=False)


def seed():
    """Put two products into an empty shop."""
    if not db.session.execute(db.select(Product)).first():
        db.session.add(Product(sku="tea", title="Green tea", cents=450))
        db.session.add(Product(sku="cup", title="Blue cup", cents=1200))
        db.session.commit()
