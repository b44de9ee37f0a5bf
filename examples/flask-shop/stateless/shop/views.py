"""The pages of the shop."""

import boto3
from flask import Blueprint, Response, abort, current_app, jsonify, request, session
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
    key = secure_filename(f"{sku}-{photo.filename}")
    boto3.client("s3").upload_fileobj(photo, current_app.config["PHOTO_BUCKET"], key)
    product.photo = key
    db.session.commit()
    return "", 204


@bp.get("/products/<sku>/photo")
def show_photo(sku):
    key = db.get_or_404(Product, sku).photo or abort(404)
    found = boto3.client("s3").get_object(Bucket=current_app.config["PHOTO_BUCKET"], Key=key)
    return Response(found["Body"].read(), content_type=found["ContentType"])
