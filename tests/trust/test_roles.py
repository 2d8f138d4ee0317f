"""Every page, download and command as every role: nobody is sent what the role or the department may not see."""

from __future__ import annotations

import argparse
import ast
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from analytics.access import Accounts
from analytics.caselist import ListRequest, case_story, count_cases, list_cases
from analytics.cli import COMMANDS, main, parser
from analytics.exporting import workbook_for
from analytics.issues import IssueDesk, looking
from analytics.issues.searching import alike, search
from analytics.ledger import open_ledger
from analytics.metrics import CATALOGUE, Slice, compute_many, unmet
from analytics.remedies.cards import CardBook
from analytics.settings import ROOT
from analytics.store import Store
from analytics.viewer import (
    ACTS,
    ADMIN,
    ANALYST,
    DECIDE,
    DISTRICT_WIDE,
    GOVERN,
    LEADER,
    LOCAL,
    MAY,
    OPERATOR,
    REVEAL,
    ROLES,
    NotAllowed,
    Viewer,
    require_sign_in,
)
from pages.entrance import who
from pages.navigation.places import PLACES
from tests.trust.conftest import Marked, marks_in, personal_in, sent

#: Pages with what the address may ask of them; {own} and {other} are cases, {type} a type, {card} a card.
ADDRESSES = [
    *((name, {}) for name in (p.file for p in PLACES)),
    ("cases", {"case": "{other}"}),
    ("cases", {"case": "{own}"}),
    ("cases", {"q": "88", "period": "本年"}),
    ("issues", {"type": "{type}"}),
    ("issues", {"look": "map"}),
    ("remedies", {"card": "{card}"}),
    ("remedies", {"board_look": "next"}),
    ("explore", {"find": "申请"}),
    ("explore", {"like": "{other}"}),
    ("explore", {"like": "{own}"}),
    ("loop", {"period": "本年"}),
    ("satisfaction", {"period": "本年"}),
]  # fmt: skip
SCOPED = [LEADER, ANALYST, OPERATOR]


def addresses(role: str) -> list[tuple[str, dict[str, str]]]:
    """Return every page for every role; what the address can ask of a page, for the one with most forms on it."""
    return ADDRESSES if role == ANALYST else ADDRESSES[: len(PLACES)]


def viewer_of(role: str, marked: Marked, scoped: bool) -> Viewer:
    return Viewer(f"{role}1", role, marked.department if scoped else None)


@pytest.fixture
def as_viewer(monkeypatch: pytest.MonkeyPatch, marked: Marked):
    """Let pages be opened by a viewer; downloads they offer are made and collected."""
    monkeypatch.setenv("INSIGHT_STORE", str(marked.store.folder))
    files: list[bytes] = []

    def keep(label: str, data: object, *given: object, **more: object) -> bool:
        made = data() if callable(data) else data
        files.append(made if isinstance(made, bytes) else str(made).encode())
        return False

    monkeypatch.setattr(st, "download_button", keep)

    def visit(viewer: Viewer, page: str, query: dict[str, str]) -> tuple[AppTest, list[bytes]]:
        def enter() -> Viewer:
            st.session_state[who.VIEWER] = viewer
            return viewer

        monkeypatch.setattr(who, "enter", enter)
        files.clear()
        app = AppTest.from_string(f"from dashboard import main\nmain({page!r})", default_timeout=600)
        for key, value in query.items():
            app.query_params[key] = value
        app.run()
        assert not app.exception, [e.value for e in app.exception]
        assert not [e.value for e in app.error if "出错" in e.value], (page, query)
        return app, list(files)

    return visit


def filled(query: dict[str, str], marked: Marked) -> dict[str, str]:
    found = IssueDesk(marked.store).findings(open_ledger(marked.store))
    assert found is not None
    names = {
        "own": marked.own_case,
        "other": marked.other_case,
        "type": str(found.types.index[0]),
        "card": CardBook(marked.store).cards()[0].id,
    }
    return {k: v.format(**names) for k, v in query.items()}


@pytest.mark.parametrize("role", SCOPED)
def test_a_department_is_sent_its_own_cases_only(role: str, marked: Marked, as_viewer) -> None:
    viewer, shown = viewer_of(role, marked, scoped=True), set()
    for page, query in addresses(role):
        if page == "administration":
            continue
        app, files = as_viewer(viewer, page, filled(query, marked))
        for data in (sent(app), *files):
            leaked = marks_in(data) & marked.others
            assert not leaked, (page, query, len(leaked))
            assert not personal_in(data, marked), (page, query)
            shown |= marks_in(data)
    assert shown & marked.own  # the test sees marks where they are


@pytest.mark.parametrize("role", tuple(ROLES))
def test_no_role_is_sent_personal_data_unasked(role: str, marked: Marked, as_viewer) -> None:
    viewer, shown = viewer_of(role, marked, scoped=False), set()
    for page, query in addresses(role):
        if page == "administration" and role != ADMIN:
            continue
        app, files = as_viewer(viewer, page, filled(query, marked))
        for data in (sent(app), *files):
            assert not personal_in(data, marked), (page, query)
            shown |= marks_in(data)
    assert shown & marked.others


@pytest.mark.parametrize("role", tuple(ROLES))
def test_personal_data_is_shown_to_those_who_may(role: str, marked: Marked, as_viewer) -> None:
    viewer = viewer_of(role, marked, scoped=False)
    app, _ = as_viewer(viewer, "cases", {"case": marked.other_case})
    toggles = [t for t in app.toggle if "联系人" in t.label]
    assert bool(toggles) == (REVEAL in MAY[role])
    if toggles:
        toggles[0].set_value(True).run()
        assert personal_in(sent(app), marked)
    else:
        with pytest.raises(NotAllowed):
            viewer.revealing()
        with pytest.raises(NotAllowed):
            open_ledger(marked.store, replace(viewer, sees_personal=True))


def test_counting_is_the_same_for_everybody(marked: Marked) -> None:
    desk = IssueDesk(marked.store)
    everybody = desk.attach(open_ledger(marked.store))
    scoped = desk.attach(open_ledger(marked.store, viewer_of(ANALYST, marked, scoped=True)))
    whole = Slice(everybody.first_day, everybody.as_of.date())
    for code, metric in CATALOGUE.items():
        if unmet(code, everybody):
            continue
        cuts = [()] if metric.code in ("per_officer", "list_coverage") else [(), ("module",)]
        for by in cuts:
            a, b = (compute_many((code,), ledger, whole, by) for ledger in (everybody, scoped))
            assert a.equals(b), (code, by)
    found = desk.findings(everybody)
    assert found is not None
    assert looking.tree_nodes(everybody, whole, found).equals(looking.tree_nodes(scoped, whole, found))


def test_lists_stories_and_searches_keep_to_the_department(marked: Marked) -> None:
    desk = IssueDesk(marked.store)
    scoped = desk.attach(open_ledger(marked.store, viewer_of(ANALYST, marked, scoped=True)))
    whole = Slice(scoped.first_day, scoped.as_of.date())
    found = desk.findings(scoped)
    assert found is not None
    request = ListRequest(limit=10_000)
    listed = list_cases(scoped, whole, request)
    assert len(listed) == count_cases(scoped, whole, request) == len(marked.own)
    assert case_story(scoped, marked.other_case) is None
    assert case_story(scoped, marked.own_case) is not None
    own = set(listed["case_no"])
    hits = search(scoped, found, "申请")
    assert {*hits.exact, *hits.near} <= own
    assert set(alike(scoped, found, marked.other_case)) <= own
    assert looking.texts_of(scoped, [marked.other_case, marked.own_case])["case_no"].tolist() == [marked.own_case]
    frame = scoped.run(scoped.table("cases").select("title", "accepted_at"))
    assert frame["title"].isna().all()  # texts without their number cannot be told apart, so none is given


# -- writing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", tuple(ROLES))
def test_decisions_need_the_right(role: str, marked: Marked) -> None:
    for scoped in (False, True):
        viewer = viewer_of(role, marked, scoped)
        desk, book = IssueDesk(marked.store, viewer=viewer), CardBook(marked.store, viewer)
        found = desk.findings(open_ledger(marked.store))
        assert found is not None
        before = (desk.book.last(), book.last)
        if not viewer.may(DECIDE):
            with pytest.raises(NotAllowed):
                desk.rename(str(found.types.index[0]), "新名", "冒名")
            with pytest.raises(NotAllowed):
                desk.discover(open_ledger(marked.store, viewer))
        if not viewer.may(GOVERN):
            with pytest.raises(NotAllowed):
                book.take_up(found, str(found.types.index[-1]), "冒名", open_ledger(marked.store).as_of)
        assert (desk.book.last(), book.last) == before


def test_a_decision_is_signed_by_who_signed_in(tmp_path: Path) -> None:
    store = Store(tmp_path)
    analyst = Viewer("zhang", ANALYST)
    seq = IssueDesk(store, viewer=analyst).mark("note", "T1", "看过", "冒名的人")
    assert [d.who for d in IssueDesk(store).history() if d.seq == seq] == ["zhang"]


def test_a_department_does_nothing_district_wide() -> None:
    for role in ROLES:
        scoped = Viewer("x", role, "区税务局")
        assert not [act for act in DISTRICT_WIDE if scoped.may(act)]
    assert not [act for act in ACTS if Viewer("x", "").may(act)]


def test_where_sign_in_is_needed_nobody_is_let_in_by_default(marked: Marked) -> None:
    require_sign_in()
    try:
        with pytest.raises(NotAllowed):
            open_ledger(marked.store)
        with pytest.raises(NotAllowed):
            workbook_for(LOCAL, marked.store.folder, "x.xlsx", {})
        ledger = open_ledger(marked.store, Viewer("a", LEADER))
        with pytest.raises(NotAllowed):
            replace(ledger, viewer=LOCAL).run_sql("SELECT 1 AS one")
    finally:
        require_sign_in(False)


def test_pages_name_no_viewer_of_their_own() -> None:
    """A page must not open a ledger or a book by itself: ``asking`` does, for who is at the page."""
    for path in sorted((ROOT / "pages").rglob("*.py")):
        if path.parent.name == "entrance" or path.name in ("asking.py", "answers.py", "preparing.py", "warming.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                assert name not in ("open_ledger", "Viewer", "open_reader"), (path.name, name)
                if name in ("CardBook", "ProposalBook", "Office", "IssueDesk"):
                    assert "viewer" in ast.unparse(node), (path.name, ast.unparse(node))
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("whole", "frame"), (path.name, ast.unparse(node))


# -- commands -----------------------------------------------------------------------------------

ALLOWED = {
    "metrics": ["--metric", "demand", "--by", "department"],
    "cases": ["--out", "{out}.xlsx"],
    "snapshots": [],
    "doctor": [],
    "types": [],
    "alarms": [],
    "assignments": ["--out", "{out}.csv"],
    "remedies": ["--out", "{out}.xlsx"],
    "exchange": ["--district", "东区", "--from", "2026-01-01", "--to", "2026-10-31", "--out", "{out}.json"],
    "city": ["{out}.json", "--out", "{out}.xlsx"],
    "briefing": ["--week", "2026-W46", "--out", "{out}", "--formats", "xlsx,html"],
}
REFUSED = {
    "import": ["{out}.csv"],
    "classes": ["{out}.csv"],
    "demo": [],
    "discover": [],
    "suggest-name": ["T0001"],
    "jobs": ["list"],
    "accounts": [],
    "audit": [],
    "backup": ["{out}.tar.gz"],
    "restore": ["{out}.tar.gz"],
    "retention": ["--years", "1"],
    "enterprise-data": ["示例8800000001公司", "--out", "{out}.xlsx"],
}


def commands() -> set[str]:
    found = [a for a in parser()._actions if isinstance(a, argparse._SubParsersAction)]
    return set(found[0].choices)


def test_every_command_is_walked() -> None:
    assert commands() == set(ALLOWED) | set(REFUSED)


@pytest.mark.parametrize("command", sorted(ALLOWED | REFUSED))
def test_a_command_is_found_in_the_file_that_is_loaded_for_it(command: str) -> None:
    assert [held for held in COMMANDS.values() if command in held], "not listed: everything would be loaded for it"
    found = [a for a in parser(command)._actions if isinstance(a, argparse._SubParsersAction)]
    assert command in found[0].choices


@pytest.mark.parametrize("role", SCOPED)
def test_commands_as_a_department(role: str, marked: Marked, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    name = f"cli-{role}"
    if Accounts(marked.store).get(name) is None:
        Accounts(marked.store).add(name, role, marked.department, by=Viewer("root", ADMIN))
    if Accounts(marked.store).get("root") is None:
        Accounts(marked.store).add("root", ADMIN)
    (tmp_path / "x.csv").write_text("工单编号,受理时间,内容\nA,2026-1-5,x\n", "utf-8")
    given = ["--store", str(marked.store.folder), "--as", name, "--json"]
    before = marked.store.current_id()
    for command, arguments in (ALLOWED | REFUSED).items():
        filled_in = [a.format(out=tmp_path / "x") for a in arguments]
        code = main([command, *filled_in, *given])
        told = capsys.readouterr()
        assert code == (0 if command in ALLOWED else 1), (command, told.err)
        data = [told.out.encode() + told.err.encode()]
        data += [p.read_bytes() for p in tmp_path.rglob("*") if p.is_file() and p.name != "x.csv"]
        for one in data:
            assert not marks_in(one) & marked.others, command
            assert not personal_in(one, marked), command
        if command in REFUSED:
            assert re.search("不能", json.loads(told.out)["error"]), command
        if command == "cases":
            assert json.loads(told.out)["cases"] == len(marked.own)
    assert marked.store.current_id() == before
    with pytest.raises(NotAllowed):
        marked.store.rollback(str(before), Viewer("x", role, marked.department))
    assert main(["cases", "--unmasked", "--out", str(tmp_path / "u.xlsx"), *given]) == (0 if role == OPERATOR else 1)
