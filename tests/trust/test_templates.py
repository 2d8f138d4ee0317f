"""An office's own Word template may ask for anything: the service lives on, and the next briefing is made."""

from __future__ import annotations

import io
import random
import re
import threading
import zipfile
from pathlib import Path

import docx
import pytest

from analytics.briefing import filling
from analytics.briefing.compose import Request
from analytics.briefing.facts import Briefing
from analytics.briefing.filling import check_size, filled
from analytics.briefing.office import Busy, Office
from analytics.briefing.period import parse
from analytics.briefing.templates import fill
from analytics.confined import Bounds
from analytics.store import Store, StoreError
from tests.briefing.test_office import office_template, texts
from tests.trust.mutations import template_file

#: As BOUNDS, with less of a processor: what is tried here would take all there is. The clock's bound is out of reach: on a
#: machine that others keep busy an honest template takes minutes, and none of these only waits.
SHORT = Bounds(memory=filling.BOUNDS.memory, seconds=6, patience=3600, output=filling.BOUNDS.output)
#: Names alone, and too many of them.
HUNGRY = [
    "{{ 总体情况 }}" * 20_000,
    "{% if 标题 %}" * 3_000 + "{% endif %}" * 3_000,
]
#: What is more than a name: it would take all there is, or reach files through the parts of a document.
NO_NAMES = [
    "{{ 'x' * (4*10**9) }}",
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{{ (10**9)**(10**9) }}",
    "{% set a = ['xxxxxxxx' * 1000000] %}{{ (a * 1000) | join }}",
    "{{ '%99999999999d' % 1 }}",
    "{{ 标题 | center(4000000000) }}",
    "{{ 总体情况.tpl.docx.save('PLACE') }}",
    "{{ 总体情况['element'] }}",
    "{{ 总体情况.element.getroottree().write('PLACE', method='text') }}",
    "{% set e = 总体情况.element.body.makeelement('{http://www.w3.org/2001/XInclude}include', {'href': '/etc/passwd'}) %}",
    "{{p 总体情况.tpl.new_subdoc('PLACE') }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as o %}",
    "{% extends 'x' %}",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{{ '{0.tpl}'.format(总体情况) }}",
    "{% if 总体情况.tpl %}x{% endif %}",
    "{{ 标题 ~ 标题 }}",
    "{{ lipsum() }}",
]


@pytest.fixture
def bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "BOUNDS", SHORT)


@pytest.fixture
def desk(demo_store: Store) -> Office:
    return Office(demo_store)


WEEK = Request(parse("2026-W46"))


@pytest.fixture(scope="module")
def week(demo_store: Store) -> Briefing:
    return Office(demo_store).compose(WEEK)


@pytest.mark.parametrize("line", HUNGRY)
@pytest.mark.usefixtures("bounded")
def test_a_hungry_template_is_refused_and_lets_the_next_go_on(desk: Office, line: str) -> None:
    with pytest.raises(StoreError, match="模板") as refused:
        desk.deliver(WEEK, ("docx",), "办公室", template=office_template(line))
    assert not isinstance(refused.value, Busy)
    with desk._alone():  # the lock is free
        pass


@pytest.mark.parametrize("where", ["body", "header", "footer", "properties"])
@pytest.mark.parametrize("line", NO_NAMES)
def test_a_template_holds_names_and_nothing_else(week: Briefing, line: str, where: str, tmp_path: Path) -> None:
    template = docx.Document(io.BytesIO(office_template("{{标题}}")))
    section = template.sections[0]
    line = line.replace("PLACE", str(tmp_path / "written"))
    if where == "properties":
        template.core_properties.title = line.replace("{{p ", "{{ ")  # no paragraph stands there
    else:
        {"body": template, "header": section.header, "footer": section.footer}[where].add_paragraph(line)
    out = io.BytesIO()
    template.save(out)
    with pytest.raises(StoreError, match="只写名称"):
        fill(out.getvalue(), week)
    assert not any(tmp_path.iterdir())


def test_a_part_may_stand_where_a_name_has_a_value(week: Briefing) -> None:
    made = fill(
        office_template("{% if 标题 %}有题{% endif %}", "{% if 签发人 %}有签发{% else %}没有签发{% endif %}"), week
    )
    assert [t for t in texts(made) if t] == ["有题", "有签发" if week.head.signer else "没有签发"]


@pytest.mark.parametrize("name", ["range", "lipsum", "cycler", "namespace", "dict"])
def test_no_name_of_the_language_is_a_value(week: Briefing, name: str) -> None:
    with pytest.raises(StoreError, match=f"「{name}」不认识"):
        fill(office_template(f"{{{{ {name} }}}}"), week)


@pytest.mark.usefixtures("bounded")
def test_after_it_a_right_one_is_made(desk: Office) -> None:
    with pytest.raises(StoreError, match="模板"):
        desk.deliver(WEEK, ("docx",), "办公室", template=office_template(HUNGRY[0]))
    made = desk.deliver(WEEK, ("docx",), "办公室", template=office_template("{{标题}}", "{{p 总体情况}}"))
    assert made.files[0].endswith(".docx")


def test_two_at_once_wait_for_no_dead_holder(desk: Office) -> None:
    """While one is at it another is told so; the lock is of the system, and goes with whoever holds it."""
    with desk._alone():
        told: list[type] = []

        def second() -> None:
            try:
                desk.deliver(WEEK, ("docx",))
            except StoreError as error:
                told.append(type(error))

        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert told == [Busy]


def bomb(parts: int, size: int) -> bytes:
    target = io.BytesIO(office_template("{{标题}}"))
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive:
        for number in range(parts):
            archive.writestr(f"word/media/{number}.xml", b"\0" * size)
    return target.getvalue()


@pytest.mark.parametrize(("parts", "size"), [(3, 100 << 20), (6000, 1)])
def test_an_archive_that_unpacks_to_too_much_is_refused_unread(parts: int, size: int) -> None:
    with pytest.raises(StoreError, match="解开后超过"):
        check_size(bomb(parts, size))


def test_mutated_templates_are_filled_or_refused(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight go through a process of their own here, each of a second or two; `mutation_run` tries thousands."""
    monkeypatch.setattr(filling, "BOUNDS", SHORT)
    briefing, rng = desk.compose(WEEK), random.Random(23)
    for _ in range(8):
        try:
            made = filled(template_file(rng), briefing)
        except StoreError as error:
            assert re.search("[一-龥]{4}", str(error))  # noqa: PT017
            continue
        assert zipfile.is_zipfile(io.BytesIO(made))
