"""Tries thousands of one kind: `python -m tests.trust.mutation_run settings|backup|exchange|template 5000 31`."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from analytics.demo import generate, write_store
from analytics.federation import Shelf, combine, make, written
from analytics.ledger import open_ledger
from analytics.metrics import Slice
from analytics.refusal import Refusal
from analytics.settings import FILE, settings_of
from analytics.store import Store, StoreError
from analytics.store.backup import back_up, restore
from tests.conftest import AS_OF
from tests.trust.mutations import backup_file, exchange_file, settings_file, template_file

Try = Callable[[random.Random], None]


def settings(folder: Path, store: Store) -> Try:
    def tried(rng: random.Random) -> None:
        (folder / FILE).write_bytes(settings_file(rng))
        settings_of([folder / FILE])

    return tried


def backups(folder: Path, store: Store) -> Try:
    from tests.trust.test_restore import parts

    back_up(store, folder / "good.tar.gz")
    held = parts(folder / "good.tar.gz")

    def tried(rng: random.Random) -> None:
        (folder / "bad.tar.gz").write_bytes(backup_file(rng, held))
        try:
            restore(folder / "bad.tar.gz", folder / "back" / "store")
            assert Store(folder / "back" / "store").current() is not None
        finally:
            shutil.rmtree(folder / "back", ignore_errors=True)

    return tried


def exchanges(folder: Path, store: Store) -> Try:
    good = json.loads(written(make(open_ledger(store), "东区", Slice(dt.date(2026, 8, 1), dt.date(2026, 8, 31)))))
    small = good | {"cells": good["cells"][:60], "sketches": good["sketches"][:6]}
    shelf = Shelf(Store(folder / "city"))

    def tried(rng: random.Random) -> None:
        shelf.put("变.json", exchange_file(rng, small))
        kept, damaged = shelf.contents()
        assert not damaged
        for exchange in kept:
            combine([exchange])
            shelf.remove(exchange)

    return tried


def templates(folder: Path, store: Store) -> Try:
    """Fill each in a process of its own with the bounds of ``filling``, forked from here: ten a second, not one."""
    from analytics import confined
    from analytics.briefing import filling
    from analytics.briefing.compose import Request
    from analytics.briefing.office import Office
    from analytics.briefing.period import parse
    from analytics.briefing.templates import fill

    briefing, bounds = Office(store).compose(Request(parse("2026-W46"))), filling.BOUNDS
    told = folder / "told"

    def child(template: bytes) -> int:
        confined.limit(bounds.memory, bounds.seconds, bounds.output)
        try:
            fill(template, briefing)
        except StoreError as error:
            told.write_text(str(error), "utf-8")
            return filling.REFUSED
        return 0

    def tried(rng: random.Random) -> None:
        template = template_file(rng)
        filling.check_size(template)
        pid = os.fork()
        if pid == 0:
            try:
                os._exit(child(template))
            finally:  # whatever it was: the parent says that the process ended
                os._exit(1)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if code == filling.REFUSED:
            raise StoreError(told.read_text("utf-8"))
        if code:
            raise StoreError(filling.TOO_MUCH)

    return tried


KINDS = {"settings": settings, "backup": backups, "exchange": exchanges, "template": templates}


def run(kind: str, times: int, seed: int) -> Counter[str]:
    """Try so many of a kind; returns how many ended how. Anything but a refusal in Chinese is raised."""
    rng, ends = random.Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory() as place:
        store = Store(Path(place) / "store")
        write_store(store, generate(AS_OF, cases=300, enterprises=60), AS_OF)
        tried = KINDS[kind](Path(place), store)
        for _ in range(times):
            try:
                tried(rng)
                ends["taken"] += 1
            except Refusal as error:
                assert re.search("[一-龥]{4}", str(error)), error  # noqa: PT017
                ends["refused"] += 1
    return ends


if __name__ == "__main__":
    print(run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
