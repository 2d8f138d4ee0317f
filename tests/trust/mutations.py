"""Settings whose structure was changed, not only their bytes; the makers of other kinds stand beside (see `mutation_run`)."""

from __future__ import annotations

import io
import json
import random
import tarfile
import tomllib
import zipfile
from typing import Any

from analytics.settings import DATA, FILE
from analytics.store.backup import MANIFEST
from tests.briefing.test_office import office_template
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


def backup_file(rng: random.Random, held: dict[str, bytes]) -> bytes:
    """Return a backup whose manifest, names, kinds, order or bytes were changed."""
    held = dict(held)
    manifest = json.loads(held[MANIFEST])
    if rng.random() < 0.6:
        manifest = changed(rng, manifest, rng.choice([1, 1, 2, 5]))
        held[MANIFEST] = json.dumps(manifest, default=str).encode("utf-8", "replace")
    names = list(held)
    if rng.random() < 0.2:
        rng.shuffle(names)
    if rng.random() < 0.2:
        names.append(rng.choice(names))
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz", compresslevel=1) as tar:
        for name in names:
            content = held[name] if rng.random() < 0.95 else mutated(rng, held[name])
            odd = rng.random() < 0.05
            info = tarfile.TarInfo(str(rng.choice(HOSTILE)).replace("\ud7ff", "x") or "x" if odd else name)
            if rng.random() < 0.04:
                info.type = rng.choice(
                    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
                )
                info.linkname = rng.choice(["/etc/passwd", "../../x", name])
                tar.addfile(info)
                continue
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return written.getvalue() if rng.random() < 0.8 else mutated(rng, written.getvalue())


#: Expressions that a template of an office would not hold, beside HOSTILE.
ASKED = [
    "标题", "标题 ", "没有这个", "标题.__class__.__mro__", "''.__class__.__base__.__subclasses__()", "self", "cycler.__init__.__globals__",
    "lipsum.__globals__['os'].popen('id').read()", "1/0", "标题[0]", "标题 * 3", "range(9)", "标题|upper", "标题|nothing", "", "p 总体情况",
    "p 附表", "r 标题", "'x' * 99999999999", "[] + 1", "标题|attr('x')", "受理量",
]  # fmt: skip


def template_file(rng: random.Random) -> bytes:
    """Return a .docx with hostile placeholders, broken structure or changed bytes."""
    lines = []
    for _ in range(rng.choice([1, 1, 3])):
        asked = rng.choice(ASKED)
        shapes = [
            "{{%s}}",
            "{%% if %s %%}x{%% endif %%}",
            "{%% for a in %s %%}{{a}}{%% endfor %%}",
            "{{%s",
            "{%% set a = %s %%}",
            "{%%p %s %%}",
        ]
        lines.append(rng.choice(shapes) % asked)
    source, target = io.BytesIO(office_template(*lines)), io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            content, kind = old.read(part), rng.random()
            if kind < 0.03:
                continue
            if kind < 0.08:
                content = mutated(rng, content)
            if kind > 0.97 and part.endswith(".xml"):
                content = content.replace(b"?>", b'?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', 1)
            new.writestr(part, content)
    return target.getvalue() if rng.random() < 0.85 else mutated(rng, target.getvalue())


def exchange_file(rng: random.Random, said: dict) -> bytes:
    """Return a district's exchange file with values, shapes, numbers or bytes changed."""
    content = json.dumps(changed(rng, said, rng.choice([0, 1, 1, 1, 2, 4])), ensure_ascii=False, default=str)
    if rng.random() < 0.2:
        content = content.replace("null", rng.choice(["1e400", "NaN", "-0", "1e-400", "9" * 400]), 1)
    data = content.encode("utf-8", "replace")
    return data if rng.random() < 0.8 else mutated(rng, data)
