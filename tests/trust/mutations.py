"""Settings whose structure was changed, not only their bytes; the makers of other kinds stand beside (see `mutation_run`)."""

from __future__ import annotations

import random
import tomllib
from typing import Any

from analytics.settings import DATA, FILE
from tests.trust.fuzzing import HOSTILE, mutated

#: How many of each kind every test run tries; `python -m tests.trust.mutation_run` tries thousands.
FEW = 300
#: Values that no field expects.
ODD: list[Any] = [
    None, True, False, 0, -1, 1, 99, 10**400, -(10**30), 1e308, 0.5, "", " ", "x" * 5000, [], {}, [[]], [None], {"a": 1}, {"": {}},
    float("inf"), float("nan"), *HOSTILE,
]  # fmt: skip


def changed(rng: random.Random, tree: Any, changes: int) -> Any:
    """Return a tree of dicts and lists with so many nodes replaced, dropped, doubled, renamed or nested deeper."""
    for _ in range(changes):
        tree = _changed(rng, tree)
    return tree


def _changed(rng: random.Random, tree: Any) -> Any:
    if not isinstance(tree, dict | list) or not tree or rng.random() < 0.08:
        return rng.choice([rng.choice(ODD), [tree], {"x": tree}, [tree] * 3])
    if isinstance(tree, dict):
        key, kind = rng.choice(list(tree)), rng.random()
        if kind < 0.1:
            return {k: v for k, v in tree.items() if k != key}
        if kind < 0.2:
            return {(str(rng.choice(HOSTILE)) if k == key else k): v for k, v in tree.items()}
        return tree | {key: _changed(rng, tree[key])}
    at, kind = rng.randrange(len(tree)), rng.random()
    if kind < 0.1:
        return tree[:at] + tree[at + 1 :]
    if kind < 0.2:
        return tree[: at + 1] + tree[at:]
    return [*tree[:at], _changed(rng, tree[at]), *tree[at + 1 :]]


def settings_file(rng: random.Random) -> bytes:
    """Return a settings.toml with values, keys or bytes changed."""
    source = (DATA / FILE).read_text("utf-8")
    if rng.random() < 0.3:
        return mutated(rng, source.encode())
    tree = changed(rng, tomllib.loads(source), rng.choice([0, 1, 1, 2, 5]))
    if not isinstance(tree, dict):
        return f"a = {_toml(tree)}\n".encode("utf-8", "replace")
    lines = [f"{_key(k)} = {_toml(v)}" for k, v in tree.items() if not isinstance(v, dict)]
    for section, held in tree.items():
        if isinstance(held, dict):
            lines += [f"[{_key(section)}]", *(f"{_key(k)} = {_toml(v)}" for k, v in held.items())]
    return "\n".join(lines).encode("utf-8", "replace")


def _key(key: object) -> str:
    return key if isinstance(key, str) and key.isascii() and key.replace("_", "a").isalnum() else _toml(str(key))


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)} = {_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    return "''" if value is None else str(value)
