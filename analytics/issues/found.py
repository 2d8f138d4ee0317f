"""A run in the making, before its groups have ids and names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.issues.answers import Said
from analytics.issues.corpus import Corpus
from analytics.issues.kinds import Kinds
from analytics.issues.problems import TwoCases


@dataclass
class Found:
    """A run in the making: per case (rows of ``texts``) its kind, matter and first case."""

    texts: pd.DataFrame
    corpus: Corpus
    kinds: Kinds
    vectors: np.ndarray
    kind: np.ndarray
    matter: np.ndarray
    confidence: np.ndarray
    first: np.ndarray
    #: What people answered of these cases, and what to ask them: two cases in doubt; of each case the piece of its kind (-1: none).
    told: Said
    doubts: list[TwoCases]
    piece: np.ndarray
    #: The mean sentence vector, where a model gave them.
    meaning_centre: np.ndarray | None = None
