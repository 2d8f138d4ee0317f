"""Fonts for briefings on machines that have none: Noto Sans SC and Noto Serif SC, under the OFL."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pylopdf_fonts_zh_cn

FOLDER = Path(pylopdf_fonts_zh_cn.__file__).parent
SANS, SERIF = FOLDER / "NotoSansSC-Regular.otf", FOLDER / "NotoSerifSC-Regular.otf"


@lru_cache(maxsize=1)
def sans_family() -> str:
    """Make the sans font known to matplotlib and return its name there."""
    from matplotlib import font_manager

    font_manager.fontManager.addfont(str(SANS))
    return str(font_manager.FontProperties(fname=str(SANS)).get_name())
