"""The Flask application: Stripe's /v1 API, the pages a payer sees, and /_control for tests."""

from __future__ import annotations

import base64
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, jsonify, request

from tests.stripe_stand_in import control, params
from tests.stripe_stand_in.call import Call, Route
from tests.stripe_stand_in.errors import StripeError
from tests.stripe_stand_in.expand import render
from tests.stripe_stand_in.form import Tree, parse_form
from tests.stripe_stand_in.idempotency import Memory, Remembered
from tests.stripe_stand_in.older import modernize
from tests.stripe_stand_in.pages import checkout as checkout_page
from tests.stripe_stand_in.pages import portal as portal_page
from tests.stripe_stand_in.resources import ROUTES
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import API_VERSION, World


@dataclass(slots=True)
class Faults:
    """Trouble on purpose: the next `fail` calls answer `status` and do nothing; the next `lose`
    calls are carried out and their connection breaks before the answer."""

    fail: int = 0
    status: int = 500
    lose: int = 0


@dataclass(slots=True)
class Api:
    """Answers API requests: key, idempotency, parameters, handler, expansion, in that order."""

    world: World
    memory: Memory = field(default_factory=Memory)
    faults: Faults = field(default_factory=Faults)

    def answer(self, route: Route, path: dict[str, str]) -> tuple[Thing, int, bool]:
        """Body, status, and whether it is a replay. Raises StripeError."""
        key = _api_key()
        self._fail_on_purpose()
        _check_version()
        tree = _read_tree()
        idempotency_key = request.headers.get("Idempotency-Key")
        with self.world.lock:
            self.world.request_id = f"req_{self.world.store.secret(14)}"
            self.world.idempotency_key = idempotency_key
            self.world.base_url = request.host_url.rstrip("/")
            try:
                if route.method != "POST" or idempotency_key is None:
                    return self._run(route, path, tree), 200, False
                return self._once(route, path, tree, key, idempotency_key)
            finally:
                self.world.request_id = self.world.idempotency_key = None

    def _once(
        self, route: Route, path: dict[str, str], tree: Tree, key: str, idempotency_key: str
    ) -> tuple[Thing, int, bool]:
        now = self.world.real_now()
        place = (route.method, request.path)
        found = self.memory.recall(key, idempotency_key, *place, tree, now)
        if found is not None:
            return found.body, found.status, True
        try:
            status, body = 200, self._run(route, path, tree)
        except StripeError as error:
            if error.status in (400, 404):
                raise
            status, body = error.status, error.body()
        self.memory.remember(key, idempotency_key, Remembered(*place, tree, status, body, now))
        return body, status, False

    def _run(self, route: Route, path: dict[str, str], tree: Tree) -> Thing:
        checked = params.read(route.takes, tree)
        params.refuse_unmodelled(checked, route.modelled)
        expand = checked.pop("expand", [])
        with self.world.all_or_nothing():
            thing = route.handler(Call(self.world, checked, path))
            return render(self.world, thing, expand)

    def _fail_on_purpose(self) -> None:
        if self.faults.fail > 0:
            self.faults.fail -= 1
            kind = "rate_limit_error" if self.faults.status == 429 else "api_error"
            raise StripeError("Failing on purpose.", status=self.faults.status, kind=kind)


def _read_tree() -> Tree:
    """Parameters of the address and the body alike: DELETE puts them in either."""
    pairs = [*request.args.items(multi=True), *request.form.items(multi=True)]
    tree = parse_form(pairs)
    return tree if "Stripe-Version" in request.headers else modernize(request.path, tree)


def _api_key() -> str:
    """The secret key, from `Bearer` or `Basic`; raises 401 for anything but sk_test_…"""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        given = base64.b64decode(given).decode().partition(":")[0]
    if not given:
        raise StripeError("You did not provide an API key.", status=401)
    if not given.startswith(("sk_test_", "rk_test_")):
        shown = f"{given[:8]}****{given[-4:]}"
        raise StripeError(f"Invalid API Key provided: {shown}", status=401)
    return given


def _check_version() -> None:
    """Objects have the shape of one version only; answering another with it would mislead."""
    version = request.headers.get("Stripe-Version", API_VERSION)
    if version != API_VERSION:
        raise StripeError(
            f"The stand-in speaks API version {API_VERSION}, not {version}.",
            code="invalid_api_version",
        )


def create_app(world: World) -> Flask:
    """The whole stand-in as a WSGI application."""
    app = Flask(__name__, template_folder="pages")
    app.json.sort_keys = False  # type: ignore[attr-defined]
    api = Api(world)
    for route in ROUTES:
        app.add_url_rule(
            route.path.replace("{", "<").replace("}", ">"),
            endpoint=f"{route.method} {route.path}",
            view_func=_view(api, route),
            methods=[route.method],
        )
    app.register_blueprint(checkout_page.blueprint(world))
    app.register_blueprint(portal_page.blueprint(world))
    app.register_blueprint(control.blueprint(control.Control(world, api.faults)))
    app.register_error_handler(StripeError, _error)
    app.register_error_handler(404, _unrecognized)
    app.register_error_handler(405, _unrecognized)
    app.extensions["stripe_faults"] = api.faults
    return app


def _view(api: Api, route: Route) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        body, status, replayed = api.answer(route, path)
        response = jsonify(body)
        response.status_code = status
        response.headers["Request-Id"] = f"req_{api.world.store.secret(14)}"
        response.headers["Stripe-Version"] = API_VERSION
        if replayed:
            response.headers["Idempotent-Replayed"] = "true"
        if api.faults.lose > 0:
            api.faults.lose -= 1
            request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return response

    return view


def _error(error: StripeError) -> tuple[dict[str, Any], int]:
    return error.body(), error.status


def _unrecognized(_error: Exception) -> tuple[dict[str, Any], int]:
    said = StripeError(f"Unrecognized request URL ({request.method}: {request.path}).", status=404)
    return said.body(), 404
