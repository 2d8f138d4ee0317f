"""An optional model of sentences, from a folder on this machine; nothing is ever downloaded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from analytics.issues.space import unit_rows
from analytics.issues.texts import plain
from analytics.store import StoreError

Pairs = Sequence[tuple[str | None, str | None]]
Embed = Callable[[Pairs], np.ndarray]
BATCH = 64
#: Sentence models read the beginning of a text only.
READ = 512


@lru_cache(maxsize=1)
def load_embedding(path: str) -> Embed:
    """Return a function from (title, text) pairs to unit vectors (pairs × dimensions, float32).

    ``path`` is a folder that sentence-transformers can load. Raises StoreError, in Chinese,
    when the folder or the library is missing or the model cannot be read.
    """
    if not Path(path).is_dir():
        raise StoreError(f"设置里的句向量模型目录不存在：{path}；请改正 data/settings.toml 的 embedding_model，或留空")
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        raise StoreError(
            "没有安装 sentence-transformers；请先 pip install sentence-transformers，或把 embedding_model 留空"
        ) from None
    try:
        model = SentenceTransformer(path, device="cpu", local_files_only=True)
    except Exception as error:  # the library's own errors come in many types
        raise StoreError(f"句向量模型读不出来（{type(error).__name__}）：{path}") from None

    def embed(pairs: Pairs) -> np.ndarray:
        texts = [f"{plain(title)} {plain(text)}"[:READ] for title, text in pairs]
        if not texts:
            return np.zeros((0, model.get_embedding_dimension() or 1), np.float32)
        found: np.ndarray = unit_rows(
            np.asarray(model.encode(texts, batch_size=BATCH, show_progress_bar=False), np.float32)
        )
        return found

    return embed
