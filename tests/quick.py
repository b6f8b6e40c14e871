"""What is slow on purpose or by nature, done once or lightly: thousands of apps are made.

Nothing here changes what a test sees: templates, routes, assets and statements are compiled once
for all apps and databases of a process instead of once for each, certificates are read once,
Stripe's library waits less before it asks again, and passwords are hashed with little memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from functools import lru_cache
from types import CodeType
from typing import Any

import pytest
import sqlalchemy
import stripe
from argon2 import PasswordHasher
from flask.templating import DispatchingJinjaLoader
from httpx._transports import default as of_httpx
from jinja2 import Environment, Template
from sqlalchemy import Engine
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from feeds.delivery.lookup import Lookup
from podcast_server import database
from podcast_server.accounts.staff import passwords
from podcast_server.pages import dressing
from podcast_server.pages.assets import Assets

_OF_A_RULE = ("_parts", "_trace", "_converters", "arguments")
_BUILDERS = ("_build", "_build_unknown")


@contextmanager
def quick_apps() -> Iterator[None]:
    """Apps that are made quickly."""
    light = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DispatchingJinjaLoader, "load", _loaded_once())
        patch.setattr(passwords, "_HASHER", light)
        patch.setattr(passwords, "_NOBODY", light.hash("nobody has this password"))
        patch.setattr(Rule, "compile", _compiled_once(Rule.compile))
        patch.setattr(dressing, "Assets", lru_cache(Assets))
        yield


def _loaded_once() -> Callable[..., Template]:
    """What a template does is the same in all apps that have it."""
    kept: dict[tuple[str, str], CodeType] = {}

    def load(
        loader: DispatchingJinjaLoader,
        environment: Environment,
        name: str,
        its_globals: MutableMapping[str, Any] | None = None,
    ) -> Template:
        key = (loader.app.root_path, name)
        if key not in kept:
            source, path, _is_current = loader.get_source(environment, name)
            kept[key] = environment.compile(source, name, path)
        return environment.template_class.from_code(environment, kept[key], its_globals or {})

    return load


def _compiled_once(compile_rule: Callable[[Rule], None]) -> Callable[[Rule], None]:
    """What a route matches and builds is the same whichever app it belongs to."""
    kept: dict[object, dict[str, Any]] = {}

    def compile_or_take(rule: Rule) -> None:
        key = (
            type(rule),
            rule.rule,
            rule.subdomain,
            rule.host,
            rule.merge_slashes,
            tuple(sorted((rule.defaults or {}).items())),
            tuple(rule.map.converters.items()),
        )
        if key not in kept:
            compile_rule(rule)
            kept[key] = {name: getattr(rule, name) for name in _OF_A_RULE} | {
                name: getattr(rule, name).__func__ for name in _BUILDERS
            }
        for name, value in kept[key].items():
            setattr(rule, name, value.__get__(rule) if name in _BUILDERS else value)

    return compile_or_take


@contextmanager
def quick_connections() -> Iterator[None]:
    """Clients of HTTP that are opened, and try again, quickly."""
    with pytest.MonkeyPatch.context() as patch:
        # The same authorities are trusted by all; to read them takes longer than a request.
        read = vars(of_httpx)["create_ssl_context"]
        patch.setattr(of_httpx, "create_ssl_context", lru_cache(read))
        patch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)  # seconds, doubled each time
        yield


@contextmanager
def quick_statements() -> Iterator[None]:
    """SQLite databases that share what SQLAlchemy compiled for the first of them.

    A process that serves has one engine and compiles a statement once; tests have thousands.
    """
    compiled: Any = LRUCache(5000)
    make = sqlalchemy.create_engine
    compile_query = Lookup._compile
    looked_up: dict[object, Any] = {}

    def compile_once(lookup: Lookup, query: Any) -> Any:
        key = (query, type(lookup._engine.dialect))
        if key not in looked_up:
            looked_up[key] = compile_query(lookup, query)
        return looked_up[key]

    def create_engine(*args: Any, **options: Any) -> Engine:
        engine = make(*args, **options)
        if isinstance(engine.dialect, SQLiteDialect_pysqlite):
            engine._compiled_cache = compiled
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "create_engine", create_engine)
        patch.setattr(Lookup, "_compile", compile_once)
        # The dialect is a part of each compiled statement's key: ours are all made alike.
        patch.setattr(SQLiteDialect_pysqlite, "__hash__", lambda _self: 1)
        patch.setattr(
            SQLiteDialect_pysqlite, "__eq__", lambda self, other: type(self) is type(other)
        )
        yield
