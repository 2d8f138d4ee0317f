"""Make and keep briefings of a store: one at a time, with edits, profiles and every delivery."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout

from analytics.briefing.compose import Request, compose
from analytics.briefing.evidence import NUMERAL
from analytics.briefing.facts import Briefing, Sentence
from analytics.clock import shanghai_now
from analytics.issues import IssueDesk
from analytics.ledger import Ledger, open_ledger
from analytics.settings import Settings
from analytics.store import Store, StoreError, sync_folder
from analytics.store.audit import BRIEFED, EXPORTED, AuditLog
from analytics.store.decisions import Decision, DecisionBook
from analytics.viewer import BRIEF, EXPORT, LOCAL, NotAllowed, Viewer, admit

FORMATS = ("docx", "pdf", "xlsx", "html")
EDIT, PROFILE = "edit", "profile"
#: What a profile remembers of a request.
REMEMBERED = ("parts", "with_appendix", "title", "recipient", "secrecy", "number", "signer", "issuer")


class Busy(StoreError):
    """Another run is making a briefing of this store."""


@dataclass(frozen=True)
class Delivery:
    """A briefing that was made: when, by whom, of what, from which snapshot, and its files."""

    folder: Path
    at: dt.datetime
    who: str
    name: str
    title: str
    snapshot: str
    as_of: str
    files: tuple[str, ...]
    notices: tuple[str, ...]
    #: Whose cases it shows in full; None for all.
    department: str | None = None


class Office:
    """The briefings of one store; those of demo data lie apart from those of real data."""

    def __init__(self, store: Store, settings: Settings | None = None, viewer: Viewer = LOCAL):
        self.store, self.settings, self.viewer = store, settings, viewer
        part = f"briefings/{store.kind}"
        self.folder = store.folder / part
        self.book = DecisionBook(store, part, BRIEF, viewer)

    # -- facts --------------------------------------------------------------------------------

    def ledger(self, request: Request, snapshot_id: str | None = None) -> Ledger:
        """Open the ledger as it stood at the end of the period, so that a week's numbers stay what they were."""
        after = dt.datetime.combine(request.period.end + dt.timedelta(days=1), dt.time())
        return IssueDesk(self.store).attach(open_ledger(self.store, self.viewer, after, snapshot_id))

    def compose(self, request: Request, snapshot_id: str | None = None) -> Briefing:
        """Return the facts with the edits of people in place; see ``stale`` for those that no longer fit."""
        ledger = self.ledger(request, snapshot_id)
        found = IssueDesk(self.store).findings(ledger)
        return self._edited(compose(ledger, request, found, self.settings), request)

    def _ours(self, detail: dict[str, object]) -> dict[str, object]:
        """Say for whom something is kept: a department's viewer changes nothing for the district or another department."""
        department = self.viewer.department
        return detail if department is None else detail | {"department": department}

    def _kept(self, kind: str, department: str | None) -> list[Decision]:
        """Return what stands of a kind and is kept for a department, None for the whole district; oldest first."""
        return [d for d in self.book.standing() if d.kind == kind and d.detail.get("department") == department]

    def edit(self, request: Request, sentence: Sentence, text: str, who: str) -> None:
        """Keep another wording of a sentence ('' leaves it out), beside the original and its author.

        What a department's viewer changes holds in that department's briefings alone.
        """
        if not who.strip():
            raise StoreError("请填修改人，改动要留痕")
        original = sentence.original if sentence.original is not None else sentence.text
        detail = self._ours({"original": original, "text": text.strip()})
        self.book.record(EDIT, f"{request.name}/{sentence.id}", detail, who.strip(), "", _now())

    def _edits(self, request: Request) -> dict[str, Decision]:
        prefix = f"{request.name}/"
        kept = self._kept(EDIT, self.viewer.department)
        return {d.target.removeprefix(prefix): d for d in kept if d.target.startswith(prefix)}

    def stale(self, briefing: Briefing, request: Request) -> list[Decision]:
        """Return edits whose original sentence has changed or gone: they are kept but not used."""
        originals = {s.id: s.original if s.original is not None else s.text for s in _sentences(briefing)}
        return [d for id, d in self._edits(request).items() if originals.get(id) != d.detail["original"]]

    def _edited(self, briefing: Briefing, request: Request) -> Briefing:
        edits = self._edits(request)
        sections = tuple(
            replace(s, sentences=tuple(_changed(x, edits) for x in s.sentences)) for s in briefing.sections
        )
        return replace(briefing, sections=sections)

    # -- profiles -----------------------------------------------------------------------------

    def keep_profile(self, name: str, request: Request, who: str) -> None:
        """Remember the parts and head fields of a request under a name; a department's viewer for that department alone."""
        if not name.strip():
            raise StoreError("请给方案起个名字")
        detail = self._ours({k: v for k, v in asdict(request).items() if k in REMEMBERED})
        self.book.record(PROFILE, name.strip(), detail, who, "", _now())

    def profiles(self) -> list[str]:
        """Return the names of the profiles: the district's, and those of the viewer's department."""
        return sorted(self._profiles())

    def _profiles(self) -> dict[str, Decision]:
        shared = {d.target: d for d in self._kept(PROFILE, None)}
        return shared | {d.target: d for d in self._kept(PROFILE, self.viewer.department)}

    def with_profile(self, request: Request, name: str) -> Request:
        """Return the request as a profile has it; raises StoreError for a name that is not kept."""
        kept = self._profiles().get(name)
        if kept is None:
            raise StoreError(
                f"没有名为“{name:.60}”的方案；现有：{'、'.join(self.profiles()) or '（无）'}，可在「简报」页保存"
            )
        detail = {k: v for k, v in kept.detail.items() if k in REMEMBERED}
        detail["parts"] = tuple(detail["parts"])  # type: ignore[arg-type]
        return replace(request, **detail)  # type: ignore[arg-type]

    # -- deliveries ---------------------------------------------------------------------------

    def deliver(
        self,
        request: Request,
        formats: Sequence[str] = FORMATS,
        who: str = "本机",
        out: Path | None = None,
        template: bytes | None = None,
    ) -> Delivery:
        """Make the files, keep them in the delivery folder, copy them to ``out``; all of them or none.

        Raises Busy while another run is at it, StoreError for what cannot be made, NotAllowed for who may not.
        """
        self.viewer.require(BRIEF)
        who = self.viewer.signature(who)
        with self._alone():
            briefing = self.compose(request)
            files = {
                f"{safe_name(request.name)}.{kind}": _written(briefing, kind, template if kind == "docx" else None)
                for kind in formats
            }
            files["facts.json"] = briefing.to_json().encode()
            delivery = self._keep(briefing, request, who, files)
            AuditLog(self.store.folder).record(
                self.viewer,
                BRIEFED,
                delivery.folder.name,
                {"formats": list(formats), "snapshot": briefing.snapshot},
                who,
            )
            if out is not None:
                _copy_out(delivery, out)
            return delivery

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / "lock", timeout=0):
                yield
        except Timeout:
            raise Busy("另一份简报正在生成，请等它完成后再试") from None
        except OSError as error:
            raise StoreError(f"简报写不进去（{error.strerror}），请检查磁盘空间和权限") from None

    def _keep(self, briefing: Briefing, request: Request, who: str, files: dict[str, bytes]) -> Delivery:
        """Write a delivery beside its place, then move it there whole."""
        at, home = _now(), self.folder / "delivered"
        home.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=home))
        for name, content in files.items():
            (draft / name).write_bytes(content)
        card = {
            "at": at.isoformat(),
            "who": who,
            "name": request.name,
            "title": briefing.head.title,
            "snapshot": briefing.snapshot,
            "as_of": briefing.as_of.isoformat(),
            "department": self.viewer.department,
            "files": list(files),
            "notices": list(briefing.notices),
        }
        (draft / "card.json").write_text(json.dumps(card, ensure_ascii=False, indent=1), "utf-8")
        place = home / f"{at:%Y%m%d%H%M%S}-{safe_name(request.name)}"
        number = 1
        while place.exists():
            number += 1
            place = place.with_name(f"{at:%Y%m%d%H%M%S}-{safe_name(request.name)}-{number}")
        os.replace(draft, place)
        sync_folder(home)
        return _delivery(place)

    def deliveries(self) -> list[Delivery]:
        """Return the briefings that were made, the newest first; a department's viewer sees those made for it."""
        admit(self.viewer)
        home = self.folder / "delivered"
        cards = sorted(home.glob("*/card.json"), reverse=True) if home.exists() else []
        made = [_delivery(card.parent) for card in cards if not card.parent.name.startswith(".")]
        return [d for d in made if self.viewer.department in (None, d.department)]

    def content(self, delivery: Delivery, name: str) -> bytes:
        """Return a file of a delivery; raises NotAllowed for who may not see it. It is audited."""
        self.viewer.require(EXPORT)
        if self.viewer.department not in (None, delivery.department) or name not in delivery.files:
            raise NotAllowed("这份简报不是为您的部门做的")
        AuditLog(self.store.folder).record(self.viewer, EXPORTED, f"{delivery.folder.name}/{name}")
        return (delivery.folder / name).read_bytes()


def unknown_numbers(text: str, briefing: Briefing) -> list[str]:
    """Return the numbers of an edited sentence that no fact of the briefing has."""
    known = {n for f in briefing.facts for n in NUMERAL.findall(f.text)}
    known |= set(NUMERAL.findall(briefing.head.subtitle))
    return [n for n in dict.fromkeys(NUMERAL.findall(text)) if n not in known]


def safe_name(text: str) -> str:
    """Return a name that every file system takes: no separators, no leading dot, not long."""
    return re.sub(r'[\\/:*?"<>|\s\x00-\x1f]+', "_", text).strip("._")[:80] or "简报"


def _changed(sentence: Sentence, edits: dict[str, Decision]) -> Sentence:
    edit = edits.get(sentence.id)
    if edit is None or edit.detail["original"] != sentence.text:
        return sentence
    return replace(sentence, text=str(edit.detail["text"]), original=sentence.text, edited_by=edit.who)


def _sentences(briefing: Briefing) -> list[Sentence]:
    return [x for s in briefing.sections for x in s.sentences]


def _written(briefing: Briefing, kind: str, template: bytes | None) -> bytes:
    """Write one format; each writer is loaded only when it is asked for."""
    if kind == "docx" and template is not None:
        from analytics.briefing.filling import filled

        return filled(template, briefing)
    return writers()[kind](briefing)


def writers() -> dict[str, Callable[[Briefing], bytes]]:
    """Return format → its writer."""
    from analytics.briefing.pdf import pdf
    from analytics.briefing.sheets import xlsx
    from analytics.briefing.web import html
    from analytics.briefing.word import docx

    return {"docx": docx, "pdf": pdf, "xlsx": xlsx, "html": lambda b: html(b).encode()}


def _copy_out(delivery: Delivery, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name in delivery.files:
        target = out / (f"{safe_name(delivery.name)}-{name}" if name == "facts.json" else name)
        fresh = target.with_name(f".{target.name}.new")
        shutil.copyfile(delivery.folder / name, fresh)
        os.replace(fresh, target)


def _delivery(folder: Path) -> Delivery:
    raw = json.loads((folder / "card.json").read_text("utf-8"))
    return Delivery(
        folder,
        dt.datetime.fromisoformat(raw["at"]),
        raw["who"],
        raw["name"],
        raw["title"],
        raw["snapshot"],
        raw["as_of"],
        tuple(raw["files"]),
        tuple(raw["notices"]),
        raw.get("department"),
    )


def _now() -> dt.datetime:
    return shanghai_now().replace(microsecond=0)
