"""The pages of the shop."""

import os

from flask import Blueprint, abort, current_app, jsonify, request, send_file, session
from werkzeug.utils import secure_filename

from shop import cart, orders
from shop.models import Product, db

bp = Blueprint("shop", __name__)


def customer():
    return session.get("customer") or abort(401)


@bp.post("/login")
def login():
    session["customer"] = request.form["name"]
    return jsonify(customer=session["customer"])


@bp.get("/products")
def products():
    rows = db.session.scalars(db.select(Product).order_by(Product.sku))
    return jsonify([{"sku": row.sku, "title": row.title, "cents": row.cents} for row in rows])


@bp.post("/cart/<sku>")
def add_to_cart(sku):
    db.get_or_404(Product, sku)
    cart.add(customer(), sku, int(request.form.get("quantity", 1)))
    return show_cart()


@bp.get("/cart")
def show_cart():
    return jsonify(lines=cart.lines(customer()), currency=current_app.config["CURRENCY"])


@bp.post("/checkout")
def checkout():
    lines = cart.lines(customer()) or abort(409)
    order = orders.place(customer(), lines)
    cart.clear(customer())
    return jsonify(number=order.number, cents=order.cents), 201


@bp.post("/products/<sku>/photo")
def upload_photo(sku):
    product = db.get_or_404(Product, sku)
    photo = request.files["photo"]
    folder = current_app.config["UPLOAD_FOLDER"]
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, secure_filename(f"{sku}-{photo.filename}"))
    photo.save(path)
    product.photo = path
    db.session.commit()
    return "", 204


@bp.get("/products/<sku>/photo")
def show_photo(sku):
    product = db.get_or_404(Product, sku)
    return send_file(product.photo or abort(404))
