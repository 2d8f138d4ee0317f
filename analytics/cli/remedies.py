"""The command of the board: remedies (cards, effects, what waits)."""

from __future__ import annotations

import argparse
from pathlib import Path

from analytics.cli.output import print_json, say
from analytics.exporting import notes_of, workbook_for
from analytics.issues import IssueDesk
from analytics.ledger import open_ledger
from analytics.remedies import telling
from analytics.remedies.board import as_of_day, board_of, effects
from analytics.remedies.cards import by_urgency
from analytics.remedies.pending import waiting_on
from analytics.remedies.saving import last_year
from analytics.remedies.stages import STAGES
from analytics.store import Store


def add_commands(commands: argparse._SubParsersAction, shared: argparse.ArgumentParser) -> None:
    """Add the command of this file to the command line."""
    board = commands.add_parser("remedies", parents=[shared], help="治理台账：各类问题的整改、成效和等着拿主意的")
    board.add_argument("--out", type=Path, metavar="FILE.xlsx", help="另存为台账表格")
    board.set_defaults(run=run_remedies)


def run_remedies(options: argparse.Namespace) -> int:
    """Print every card with the effect of its remedy, and what waits for a decision."""
    store = Store(options.store)
    ledger = IssueDesk(store).attach(open_ledger(store, options.viewer))
    shown, found = board_of(ledger)
    measured = {card.id: effect for card, effect in effects(ledger, found, shown)}
    today, cards = as_of_day(ledger), by_urgency(list(shown.cards), as_of_day(ledger))
    waiting = waiting_on(ledger, shown, measured)
    if options.out:
        table = telling.table(cards, shown.names, measured, today)
        options.out.write_bytes(
            workbook_for(
                ledger.viewer, ledger.folder, options.out.name, {"治理台账": table}, notes_of(ledger, last_year(ledger))
            )
        )
        say(f"治理台账 {len(cards)} 类已写入 {options.out.name}")
    if options.json:
        rows = [
            {
                "id": c.id,
                "type": shown.types[c.id],
                "name": shown.names[c.id],
                "stage": c.stage,
                "owner": c.text("owner"),
                "due": c.text("due"),
                "overdue_days": c.overdue_days(today),
                "effect": telling.kept(measured[c.id], ledger) if c.id in measured else None,
            }
            for c in cards
        ]
        asked = [{"id": w.card.id, "sentence": w.sentence, "evidence": w.evidence} for w in waiting]
        print_json({"synthetic": ledger.snapshot.synthetic, "cards": rows, "waiting": asked})
        return 0
    if ledger.snapshot.synthetic:
        print("演示数据")
    for card in cards:
        effect = measured.get(card.id)
        late = f"，超期 {n} 个工作日" if (n := card.overdue_days(today)) else ""
        told = f"；{effect.verdict}：{telling.reason(effect)}" if effect else ""
        print(
            f"{card.id} {STAGES[card.stage]} {shown.names[card.id]}（{card.text('owner') or '牵头部门未定'}{late}）{told}"
        )
    for one in waiting:
        print(f"待定：{one.sentence}（{one.evidence}）")
    return 0
