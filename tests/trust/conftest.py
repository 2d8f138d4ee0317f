"""A store in which every case carries marks of its own, so that whatever leaks can be found and traced."""

from __future__ import annotations

import copy
import io
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from streamlit.testing.v1 import AppTest

from analytics.briefing.compose import Request
from analytics.briefing.office import Office
from analytics.briefing.period import parse
from analytics.demo import generate, write_store
from analytics.issues import IssueDesk
from analytics.ledger import open_ledger
from analytics.remedies.sample import place_cards
from analytics.store import Store
from tests.conftest import AS_OF

MARK = re.compile(rb"88\d{8}")
#: Phones, credit codes and names of the marked store; names in UTF-8, three bytes a character.
PERSONAL = re.compile(
    rb"139\d{8}|91610113MA\d{8}|" + "赵".encode() + rb"[\xe4-\xe9][\x80-\xbf]{2}[\xe4-\xe9][\x80-\xbf]{2}"
)


@dataclass(frozen=True)
class Marked:
    """The store, a department, what only others' cases carry, and what is personal anywhere."""

    store: Store
    department: str
    own_case: str
    other_case: str
    own: frozenset[bytes]
    others: frozenset[bytes]
    personal: frozenset[bytes]


@pytest.fixture(scope="session")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Marked:
    store = Store(tmp_path_factory.mktemp("marked"))
    demo = copy.copy(generate(AS_OF, cases=3000, enterprises=400))
    cases = demo.tables["cases"].reset_index(drop=True)
    marks = [f"88{i:08d}" for i in range(len(cases))]
    phones = [f"139{i:08d}" for i in range(len(cases))]
    names = [f"赵{chr(0x4E8C + i % 200)}{chr(0x5E73 + i // 200)}" for i in range(len(cases))]
    cases["title"] = [f"{t or ''}{m}" for t, m in zip(cases["title"], marks, strict=True)]
    cases["content"] = [
        f"{t or ''}（{m}）联系人：{n}，电话{p}"
        for t, m, n, p in zip(cases["content"], marks, names, phones, strict=True)
    ]
    cases["reply"] = [f"已答复{m}" for m in marks]
    cases["enterprise"] = [f"示例{m}公司" for m in marks]
    cases["contact_name"], cases["contact_phone"] = names, phones
    cases["credit_code"] = [f"91610113MA{i:08d}" for i in range(len(cases))]
    demo.tables["cases"] = cases
    ratings = demo.tables["ratings"]
    place = dict(zip(cases["case_no"], marks, strict=True))
    ratings["comment"] = [f"评语{place[c]}" for c in ratings["case_no"]]
    write_store(store, demo, AS_OF)
    ledger, desk = open_ledger(store), IssueDesk(store)
    desk.discover(ledger)
    ledger = desk.attach(ledger)
    found = desk.findings(ledger)
    assert found is not None
    place_cards(store, ledger, found)
    Office(store).deliver(Request(parse("2026-W46")), ("docx", "html"), "办公室")
    facts = ledger.run(ledger.table("case_facts").select("case_no", "department", "first_department"))
    facts["mark"] = facts["case_no"].map(place)
    department = str(facts["department"].value_counts().index[3])
    mine = (facts["department"] == department) | (facts["first_department"] == department)
    return Marked(
        store,
        department,
        str(facts.loc[mine, "case_no"].iloc[-1]),
        str(facts.loc[~mine, "case_no"].iloc[-1]),
        _bytes(facts.loc[mine, "mark"]),
        _bytes(facts.loc[~mine, "mark"]),
        _bytes([*phones, *names, *cases["credit_code"]]),
    )


def _bytes(texts: Iterable[str]) -> frozenset[bytes]:
    return frozenset(t.encode() for t in texts)


def marks_in(data: bytes) -> frozenset[bytes]:
    """Return the cases' marks that bytes hold, also inside zipped formats."""
    found = set(MARK.findall(data))
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            for name in parts.namelist():
                found |= set(MARK.findall(parts.read(name)))
    return frozenset(found)


def personal_in(data: bytes, marked: Marked) -> frozenset[bytes]:
    """Return the personal data of the marked store that bytes hold."""
    return frozenset(PERSONAL.findall(data)) & marked.personal


def sent(app: AppTest) -> bytes:
    """Return everything that a page sends to the browser, as bytes."""
    parts, waiting = [], [app._tree]
    while waiting:
        node = waiting.pop()
        proto = getattr(node, "proto", None)
        if proto is not None:
            parts.append(proto.SerializeToString())
        waiting += getattr(node, "children", {}).values()
    return b"\n".join(parts)
