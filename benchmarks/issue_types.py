"""How well and how fast types are found: real messages beside BERTopic, the demo's truth, alarms, suggestions.

Usage: python -m benchmarks issue_types [FOLDER_OF_REAL_MESSAGES] [DEMO_CASES …]
(default ../shared/real and 3000 100000). BERTopic runs where it is installed
(pip install torch bertopic==0.17.4); it is no part of the product.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib.util
import io
import resource
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.metrics import adjusted_rand_score, f1_score, v_measure_score
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import normalize
from sklearn.svm import LinearSVC

from analytics import ingest
from analytics.demo import DemoLedger, generate, write_store
from analytics.issues import IssueDesk
from analytics.issues.alarms import FALSE_A_LEVEL, watch
from analytics.issues.corpus import count_words
from analytics.issues.space import fit_space, weighted, word_weights
from analytics.issues.texts import bare, words
from analytics.issues.trends import weekly_counts, weekly_voices
from analytics.issues.triage import fit_triage
from analytics.ledger import Ledger, open_ledger
from analytics.settings import ROOT, load_settings
from analytics.store import Store

AS_OF = dt.datetime(2026, 11, 24, 17, 30)
#: Of a ledger of more cases only the truth is handed back.
MANY = 300_000
Measures = tuple[float, float, float]


def measures(found: pd.Series, reference: pd.Series) -> Measures:
    """Return mean best F1, V-measure, ARI on referenced rows; a case of no type stands alone."""
    own = found.astype(object).where(found.notna(), pd.Series(np.arange(len(found)), index=found.index))
    table = pd.crosstab(reference, own.astype(str))
    f1 = 2 * table.to_numpy() / (table.to_numpy().sum(0, keepdims=True) + table.to_numpy().sum(1, keepdims=True))
    labels = own.astype(str)
    return float(f1.max(axis=1).mean()), v_measure_score(reference, labels), adjusted_rand_score(reference, labels)


def b_cubed(found: pd.Series, true: pd.Series) -> tuple[float, float, float]:
    """Return B-cubed precision, recall and F1; a case of no group stands alone."""
    own = found.astype(object).where(found.notna(), pd.Series(np.arange(len(found)), index=found.index))
    pairs = pd.DataFrame({"own": own.astype(str).to_numpy(), "true": true.astype(str).to_numpy()})
    both = pairs.groupby(["own", "true"])["own"].transform("size")
    precision = float((both / pairs.groupby("own")["own"].transform("size")).mean())
    recall = float((both / pairs.groupby("true")["true"].transform("size")).mean())
    return precision, recall, 2 * precision * recall / (precision + recall)


def import_real(file: Path, folder: str) -> Ledger:
    store, settings = Store(folder), load_settings()
    ingest.run_import(store, ingest.plan_files([(file.name, file.read_bytes())], settings), settings, AS_OF)
    return open_ledger(store)


def bertopic(texts: pd.DataFrame) -> dict[str, tuple[pd.Series, float]]:
    """Return BERTopic's types on the same words, weights and 150 dimensions; empty where it is not installed."""
    try:
        from bertopic import BERTopic
    except ImportError:
        return {}
    corpus = count_words(list(zip(texts["title"], texts["content"], strict=True)))
    documents = [" ".join(corpus.vocabulary[i] for i in row.indices) for row in corpus.counts]
    begun = time.monotonic()
    vectors = fit_space(corpus.counts, word_weights(corpus.counts)).place(corpus.counts)[:, :150]
    model = BERTopic(vectorizer_model=CountVectorizer(tokenizer=str.split, token_pattern=None), min_topic_size=10)
    topics, _ = model.fit_transform(documents, vectors)
    seconds = time.monotonic() - begun
    plain = pd.Series(topics).where(pd.Series(topics) >= 0).set_axis(texts["case_no"])
    fuller = model.reduce_outliers(documents, topics, strategy="c-tf-idf")
    return {"BERTopic": (plain, seconds), "BERTopic，再收离群": (pd.Series(fuller, index=texts["case_no"]), seconds)}


def quality(folder: Path) -> None:
    reference = pd.read_csv(folder / "issue_types_reference.csv", dtype=str).set_index("留言编号")["参考类型"]
    with tempfile.TemporaryDirectory() as place:
        ledger = import_real(folder / "messages_with_replies.xlsx", place)
        desk = IssueDesk(Store(place))
        begun = time.monotonic()
        desk.discover(ledger)
        seconds = time.monotonic() - begun
        own = desk.findings(ledger).cases.set_index("case_no")["type_id"]
        texts = ledger.reader.frame("SELECT case_no, title, content FROM cases ORDER BY case_no")
    print(f"\n## 真实留言 {len(own):,} 件，参考类型 {reference.nunique()} 个、{len(reference)} 件\n")
    print("| 方法 | 最佳 F1 均值 | V | ARI | 类型数 | 未归类 | 秒 |\n| --- | --- | --- | --- | --- | --- | --- |")
    for name, (found, took) in {"本产品": (own, seconds), **bertopic(texts)}.items():
        score = measures(found.reindex(reference.index), reference)
        row = (*(f"{s:.3f}" for s in score), f"{found.nunique()}", f"{found.isna().mean():.1%}", f"{took:.1f}")
        print(f"| {name} | {' | '.join(row)} |")


#: The readers' files, and the plain tree's one cut that is best for the board.
READERS = (("board_messages.xlsx", "board_groups.csv"), ("messages_with_replies.xlsx", "replies_groups.csv"))
TREE_CUT = 0.16


def plain_tree(texts: pd.DataFrame) -> np.ndarray:
    """Return groups by one average-linkage tree over words and character n-grams: what 20 lines do."""
    counter = CountVectorizer(analyzer=lambda pair: words(pair[0]) * 3 + words(pair[1]), min_df=2, max_df=0.2)
    pairs = list(zip(texts["title"], texts["content"], strict=True))
    grams = TfidfVectorizer(analyzer="char", ngram_range=(2, 4), min_df=2, max_df=0.2, sublinear_tf=True)
    by_words = normalize(TfidfTransformer(sublinear_tf=True).fit_transform(counter.fit_transform(pairs)))
    by_grams = grams.fit_transform([f"{bare(t)} {bare(t)} {bare(t)} {bare(c)}" for t, c in pairs])
    apart = np.clip(1 - ((by_words @ by_words.T) + (by_grams @ by_grams.T)).toarray() / 2, 0, None)
    np.fill_diagonal(apart, 0)
    tree = AgglomerativeClustering(None, metric="precomputed", linkage="average", distance_threshold=1 - TREE_CUT)
    found: np.ndarray = tree.fit_predict(apart)
    return found


def plain_types(texts: pd.DataFrame, how_many: int = 80) -> np.ndarray:
    """Return k-means of the same words."""
    corpus = count_words(list(zip(texts["title"], texts["content"], strict=True)))
    vectors = fit_space(corpus.counts, word_weights(corpus.counts), 100).place(corpus.counts)
    found: np.ndarray = KMeans(how_many, n_init=4, random_state=0).fit_predict(vectors)
    return found


def scoring_of(folder: Path) -> Callable[[Path, Path], dict[str, float]]:
    """Return the scoring of assignments against readers' groups that lies beside the real files, its prints left out."""
    spec = importlib.util.spec_from_file_location("score_groups", folder.parent / "tools" / "score_groups.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(folder.parent / "tools" / "score_groups.py")
    scoring = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scoring)

    def score(assignments: Path, groups: Path) -> dict[str, float]:
        with contextlib.redirect_stdout(io.StringIO()):
            told: dict[str, float] = scoring.main(str(assignments), str(groups))
        return told

    return score


def by_readers(folder: Path) -> None:
    """Print how well problems and types agree with the readers' groups, one setting for all files."""
    scoring = scoring_of(folder)
    for file, groups in READERS:
        with tempfile.TemporaryDirectory() as place:
            ledger, desk = import_real(folder / file, place), IssueDesk(Store(place))
            begun = time.monotonic()
            desk.discover(ledger)
            seconds = time.monotonic() - begun
            own = desk.findings(ledger).cases
            texts = ledger.reader.frame("SELECT case_no, title, content FROM cases ORDER BY case_no")
        print(f"\n## {file}：与通读者的分组比（本产品用时 {seconds:.1f} 秒）\n")
        print("| 方法 | 成对 F1 | B³ F1 | ≥3 | ≥5 | ≥10 | 类型 V | ARI | B³ F1 |\n" + "| --- " * 9 + "|")
        tree = {"problem_id": plain_tree(texts), "type_id": plain_types(texts)}
        rivals = {"本产品": own, "一棵树；类型用 k-means 80": texts[["case_no"]].assign(**tree)}
        for name, (found, _) in bertopic(texts).items():
            rivals[name] = texts[["case_no"]].assign(**dict.fromkeys(("problem_id", "type_id"), found.to_numpy()))
        for name, found in rivals.items():
            file_of = Path(tempfile.gettempdir()) / "assignments.csv"
            found.assign(problem_name="", type_name="").to_csv(file_of, index=False)
            score = scoring(file_of, folder / groups)
            file_of.unlink()
            keys = ("pairs", "b3", "best3", "best5", "best10", "v", "ari", "type_b3")
            print(f"| {name} | {' | '.join(f'{score[k]:.3f}' for k in keys)} |", flush=True)


def write(place: str, cases: int) -> DemoLedger:
    """Write a demo of so many cases; returns it."""
    made = generate(AS_OF, cases=cases, enterprises=max(400, cases // 8))
    write_store(Store(place), made, AS_OF)
    return made if len(made.truth) < MANY else DemoLedger({}, made.truth, made.plants)


def find(place: str) -> tuple[float, float]:
    """Find the types of a store; returns seconds and the process's memory peak in GiB."""
    desk, ledger = IssueDesk(Store(place)), open_ledger(Store(place))
    begun = time.monotonic()
    desk.discover(ledger)
    return time.monotonic() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def demo(cases: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        with get_context("spawn").Pool(1) as other:  # its memory is not the finding's
            made = other.apply(write, (place, cases))
        with get_context("spawn").Pool(1) as other:
            seconds, memory = other.apply(find, (place,))
        ledger, desk = open_ledger(Store(place)), IssueDesk(Store(place))
        found = desk.findings(ledger)
        both = found.cases.merge(made.truth, on="case_no", suffixes=("", "_true"))
        of_types = b_cubed(both["type_id"], both["type_no"])
        of_problems = b_cubed(both["problem_id"], both["problem_no"])
        print(
            f"| {len(both):,} | {seconds:.1f} | {memory:.2f} | {found.cases['type_id'].nunique()} | {of_types[2]:.3f} |"
            f" {found.cases['problem_id'].nunique()} | {of_problems[2]:.3f} |",
            flush=True,
        )
        if 30_000 < cases < 300_000:
            alarms(made, desk.attach(ledger), both)


def alarms(made: DemoLedger, ledger: Ledger, cases: pd.DataFrame) -> None:
    """Print what is found of the planted emergences, and how many false alarms a month that costs."""
    print("\n| 层级 | 方法 | 一周内 | 两周内 | 三周内 | 误报（次/月） |\n| --- | --- | --- | --- | --- | --- |")
    for level, column, name in (("issue_problem", "problem_id", "具体问题"), ("issue_type", "type_id", "类型")):
        counts = weekly_counts(ledger, level)
        months = len(counts) * 7 / 30.44
        plants = []
        for plant in made.plants["emergences"]:  # type: ignore[attr-defined]
            own = cases.loc[cases["problem_no"].astype(str) == str(plant["problem_no"]), column].value_counts()
            plants.append((own.index[0], pd.Timestamp(plant["first_day"])))
        voices = weekly_voices(ledger, level)
        for rate in (0.1, FALSE_A_LEVEL, 0.5, 1.0, 2.0):
            seen = watch(counts, rate, voices).episodes()[["id", "first"]].rename(columns={"first": "start"})
            line(name, f"本产品，设定每月误报 {rate:.2g} 次", seen, plants, months)
        grown = (counts >= 1.5 * counts.shift(1)) & (counts >= 4)
        starts = [(id, week) for id in counts.columns if id is not None for week in counts.index[grown[id]]]
        line(name, "环比 +50% 且不少于 4 件", pd.DataFrame(starts, columns=["id", "start"]), plants, months)
    print()


def line(level: str, name: str, seen: pd.DataFrame, plants: list[tuple[str, pd.Timestamp]], months: float) -> None:
    delays, explained = [], pd.Series(False, index=seen.index)
    for id, day in plants:
        mine = (seen["id"] == id) & (seen["start"] >= day - pd.Timedelta(days=6))
        explained |= mine & (seen["start"] < day + pd.Timedelta(days=130))
        # A week is judged when it is over.
        delays.append((seen.loc[mine, "start"].min() - day).days + 6 if mine.any() else np.inf)
    shares = [np.mean(np.array(delays) <= days) for days in (7, 14, 21)]
    print(f"| {level} | {name} | {' | '.join(f'{s:.0%}' for s in shares)} | {(~explained).sum() / months:.2f} |")


def suggestions(folder: Path) -> None:
    labelled = pd.read_excel(folder / "messages_labelled.xlsx", engine="calamine")
    other = pd.read_excel(folder / "messages_with_replies.xlsx", engine="calamine")
    pairs = lambda f: list(zip(f["留言主题"].astype(str), f["留言详情"].astype(str), strict=True))  # noqa: E731
    label = labelled["一级分类"].to_numpy(str)
    corpus = count_words(pairs(labelled))
    rows = weighted(corpus.counts, word_weights(corpus.counts))
    plain = np.empty(len(label), dtype=object)
    for seen, unseen in StratifiedKFold(5, shuffle=True, random_state=0).split(rows, label):
        plain[unseen] = LinearSVC().fit(rows[seen], label[seen]).predict(rows[unseen])
    model = fit_triage(pairs(labelled), label.tolist(), pairs(other))
    print(f"\n## 分派建议，{len(label)} 件、{len(set(label))} 类，五折\n")
    print("| 方法 | 宏平均 F1 |\n| --- | --- |")
    print(f"| 同样的词，TF-IDF＋线性 SVM | {f1_score(label, plain.astype(str), average='macro'):.3f} |")
    print(f"| 本产品（加标题字对与未标注文本） | {model.macro_f1:.3f} |\n")
    print("| 给出的把握 | 实际正确 | 件 |\n| --- | --- | --- |")
    for row in model.calibration.itertuples():
        print(f"| {row.told:.2f} | {row.right:.2f} | {row.n} |")


def main(arguments: list[str]) -> None:
    """Print quality on real messages, quality and speed on demo ledgers, alarms and suggestions."""
    folders = [Path(a) for a in arguments if not a.isdigit()]
    folder = folders[0] if folders else ROOT.parent / "shared" / "real"
    sizes = [int(a) for a in arguments if a.isdigit()] or [3_000, 100_000]
    if folder.exists():
        by_readers(folder)
        quality(folder)
        suggestions(folder)
    print(
        "\n## 演示台账\n\n| 件 | 秒 | 内存峰值 GiB | 类型 | 类型 B³ F1 | 具体问题 | 问题 B³ F1 |\n| --- | --- | --- | --- | --- | --- | --- |"
    )
    for cases in sizes:
        demo(cases)
