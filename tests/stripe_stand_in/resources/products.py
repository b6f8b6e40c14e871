"""Products: what is sold. https://docs.stripe.com/api/products"""

from __future__ import annotations

from typing import Any

from stripe.params import (
    ProductCreateParams,
    ProductDeleteParams,
    ProductListParams,
    ProductRetrieveParams,
    ProductSearchParams,
    ProductUpdateParams,
)

from tests.stripe_stand_in.call import Call, route
from tests.stripe_stand_in.errors import StripeError, invalid
from tests.stripe_stand_in.events import changing, emit
from tests.stripe_stand_in.listing import PAGING, page
from tests.stripe_stand_in.metadata import merged
from tests.stripe_stand_in.resources.prices import new_price
from tests.stripe_stand_in.search import search_page
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World

_PLAIN = (
    "active",
    "description",
    "images",
    "name",
    "shippable",
    "statement_descriptor",
    "tax_code",
    "unit_label",
    "url",
)


def new_product(world: World, params: dict[str, Any]) -> Thing:
    """A product from its parameters; emits product.created. Raises for an id already taken."""
    taken = world.store.find("product", params.get("id"))
    if taken is not None:
        raise StripeError("Product already exists.", code="resource_already_exists", param="id")
    now = world.now()
    fields: Thing = {
        "active": True,
        "created": now,
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": False,
        "marketing_features": params.get("marketing_features", []),
        "metadata": merged(None, params.get("metadata")),
        "name": params["name"],
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "type": "service",
        "unit_label": None,
        "updated": now,
        "url": None,
    }
    fields |= {key: params[key] for key in _PLAIN if key in params}
    if "id" in params:
        fields["id"] = params["id"]
    product = world.new("product", fields)
    emit(world, "product.created", product)
    return product


def create(call: Call) -> Thing:
    product = new_product(call.world, call.params)
    price_data = call.params.get("default_price_data")
    if price_data is not None:
        with changing(call.world, product, "product.updated"):
            price = new_price(call.world, {**price_data, "product": product["id"]})
            product["default_price"] = price["id"]
    return product


def retrieve(call: Call) -> Thing:
    return call.world.store.get("product", call.id)


def update(call: Call) -> Thing:
    world, params = call.world, call.params
    product = world.store.get("product", call.id)
    with changing(world, product, "product.updated"):
        for key in _PLAIN:
            if key in params:
                product[key] = params[key] or (None if params[key] == "" else params[key])
        if "marketing_features" in params:
            product["marketing_features"] = params["marketing_features"] or []
        if "metadata" in params:
            product["metadata"] = merged(product["metadata"], params["metadata"])
        if "default_price" in params:
            price = world.store.get("price", params["default_price"], "default_price")
            if price["product"] != product["id"]:
                raise invalid("The price does not belong to this product.", "default_price")
            product["default_price"] = price["id"]
        product["updated"] = world.now()
    return product


def delete(call: Call) -> Thing:
    product = call.world.store.get("product", call.id)
    if call.world.store.all("price", product=product["id"]):
        raise invalid("This product cannot be deleted because it has one or more prices.")
    emit(call.world, "product.deleted", product)
    call.world.store.forget(product)
    return {"id": product["id"], "object": "product", "deleted": True}


def list_all(call: Call) -> Thing:
    wanted = {k: call.params[k] for k in ("active", "url", "shippable") if k in call.params}
    things = call.world.store.all("product", **wanted)
    if "ids" in call.params:
        things = [p for p in things if p["id"] in call.params["ids"]]
    return page(things, call.params, "/v1/products")


def search(call: Call) -> Thing:
    return search_page(call.world.store.all("product"), call.params, "/v1/products/search")


_FIELDS = (
    "active description images name shippable statement_descriptor tax_code unit_label url "
    "metadata.* marketing_features.name"
)
ROUTES = [
    route(
        "POST",
        "/v1/products",
        create,
        ProductCreateParams,
        f"{_FIELDS} id type default_price_data.currency default_price_data.unit_amount "
        "default_price_data.unit_amount_decimal default_price_data.recurring.* "
        "default_price_data.tax_behavior default_price_data.metadata.* "
        "default_price_data.custom_unit_amount.*",
    ),
    route("GET", "/v1/products", list_all, ProductListParams, f"{PAGING} active ids url shippable"),
    route("GET", "/v1/products/search", search, ProductSearchParams, "query limit page"),
    route("GET", "/v1/products/{id}", retrieve, ProductRetrieveParams),
    route(
        "POST",
        "/v1/products/{id}",
        update,
        ProductUpdateParams,
        f"{_FIELDS} default_price metadata marketing_features",
    ),
    route("DELETE", "/v1/products/{id}", delete, ProductDeleteParams),
]
