"""A sentence model from a folder: a tiny one made here is loaded and used by real library code."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analytics.issues import IssueDesk
from analytics.issues.embedding import load_embedding
from analytics.settings import load_settings
from analytics.store import Store, StoreError
from tests.issues.test_discovery import KINDS, b_cubed, texts_of_three_kinds
from tests.small import ledger_of


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A one-layer BERT with random weights over single characters, saved as sentence-transformers saves."""
    try:
        import torch
        from sentence_transformers import SentenceTransformer, models
        from transformers import BertConfig, BertModel, BertTokenizerFast
    except ImportError:
        if os.environ.get("CI"):
            pytest.fail("sentence-transformers must be installed under CI (make embedding)")
        pytest.skip("sentence-transformers is not installed (make embedding)")
    folder = tmp_path_factory.mktemp("model")
    letters = sorted({c for title, text in KINDS.values() for c in title + text})
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters]), "utf-8")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=5 + len(letters), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    BertModel(config).save_pretrained(folder / "bert")
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder / "bert")
    word = models.Transformer(str(folder / "bert"), max_seq_length=128)
    SentenceTransformer(modules=[word, models.Pooling(32)], device="cpu").save(str(folder / "tiny"))
    return folder / "tiny"


def test_vectors_are_of_length_one_and_the_same_each_time(tiny_model: Path) -> None:
    embed = load_embedding(str(tiny_model))
    pairs = [KINDS["公交"], KINDS["欠薪"], KINDS["公交"]]
    found = embed(pairs)
    assert found.shape == (3, 32)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert np.allclose(found[0], found[2], atol=1e-6)
    assert not np.allclose(found[0], found[1], atol=1e-3)
    assert embed([]).shape == (0, 32)


def test_discovery_uses_the_model_of_the_settings(tiny_model: Path, tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, texts_of_three_kinds())
    desk = IssueDesk(Store(tmp_path), replace(load_settings(), embedding_model=str(tiny_model)))
    run = desk.discover(ledger)
    assert run.vectors.shape[1] == len(run.model["axes"]) + 32
    found = desk.findings(ledger)
    truth = found.cases["case_no"].map(lambda c: int(c[1:]) % 3)
    assert b_cubed(found.cases["type_id"], truth) > 0.9
    assert desk.join_new(ledger) == 0


def test_a_missing_folder_is_said_in_chinese(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="句向量模型目录不存在"):
        load_embedding(str(tmp_path / "nothing"))
