"""Work that is the same for every app of a run, done once: compiling templates, routes and SQL.

Each test has an app of its own; compiling for each took most of the time of a short test.
"""

from collections.abc import Callable
from typing import Any

from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine, event
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

# All that the program asks its database, and all that tests ask beside it.
STATEMENTS = 10_000


class KeptTemplates(BytecodeCache):
    """What a template was compiled to, by its whole text."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        kept = self._kept.get((bucket.key, bucket.checksum))
        if kept is not None:
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


def keeping_routes(compile_builder: Any) -> Callable[[Rule, bool], Any]:
    """What writes the address of a route, by all that it depends on."""
    kept: dict[tuple[object, ...], Any] = {}

    def compile_once(rule: Rule, append_unknown: bool = True) -> Any:
        defaults = tuple(sorted((rule.defaults or {}).items()))
        converters = tuple((name, type(each)) for name, each in rule._converters.items())
        key = (rule.rule, append_unknown, rule.subdomain, rule.host, defaults, converters)
        if key not in kept:
            kept[key] = compile_builder(rule, append_unknown)
        return kept[key]

    return compile_once


def sharing_statements(make_engine: Callable[[str], Engine]) -> Callable[[str], Engine]:
    """What makes engines that compile a statement only where none of their kind has before.

    A process that serves has two engines, and keeps them.
    """
    connected: dict[str, Engine] = {}

    def make(url: str) -> Engine:
        engine = make_engine(url)
        kind = engine.dialect.name
        if kind in connected:
            engine.dialect = engine.pool._dialect = connected[kind].dialect
            engine._compiled_cache = connected[kind]._compiled_cache
        else:
            engine._compiled_cache = LRUCache(STATEMENTS)
            # A dialect knows its database only once it was connected.
            event.listen(engine, "connect", lambda *_: connected.setdefault(kind, engine))
        return engine

    return make
