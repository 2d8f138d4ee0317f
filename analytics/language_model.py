"""A language model that the office runs itself, asked over HTTP in OpenAI's protocol (``/chat/completions``).

Off until the settings name an address. Nothing but the two texts given to ``ask``, the model's name and the key leaves
the machine, and only for the address in the settings: no proxy of the environment, no redirect. The key stands in no
message and no log; nor does what the server answers, which may hold it.

See docs/decisions/0034.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from analytics.refusal import Refusal
from analytics.secret import read_secret
from analytics.settings import FILE, Settings

if TYPE_CHECKING:
    import httpx2

WHERE = f"{FILE} 的 [language_model]"
#: An answer of more bytes, or of more tokens, is none.
MOST_BYTES, MOST_TOKENS = 1_000_000, 4096
_HERE = ("localhost", "127.0.0.1", "::1")


class ModelError(Refusal):
    """The model cannot be asked or gave no usable answer; the message is Chinese and holds no key and no word of its answer."""


@dataclass(frozen=True)
class LanguageModel:
    """Where it answers, what it is called there, and the file that holds the key (None: it asks for none)."""

    address: str
    name: str
    key_file: Path | None = None
    seconds: int = 60
    #: The data folder: its backups would carry off a key that lies in it.
    store: Path | None = field(default=None, repr=False)

    @classmethod
    def of(cls, settings: Settings, store: Path | None = None) -> LanguageModel | None:
        """Return the model that the settings name, None for none; raises ModelError where they name it by halves."""
        if not settings.language_model:
            return None
        if not settings.language_model_name:
            raise ModelError(f"{WHERE} 写了 address 而没有写 model；请写上模型的名字，或把 address 留空")
        key = Path(settings.language_model_key) if settings.language_model_key else None
        return cls(settings.language_model.rstrip("/"), settings.language_model_name, key, settings.language_model_seconds, store)  # fmt: skip

    @property
    def in_clear(self) -> bool:
        """Whether texts travel over a network without encryption."""
        parts = urlsplit(self.address)
        return parts.scheme == "http" and parts.hostname not in _HERE

    def key(self) -> str:
        """Return the key, '' for none; raises ModelError where the file cannot be read or lies where backups go."""
        if self.key_file is None:
            return ""
        if self.store and self.key_file.resolve().is_relative_to(self.store.resolve()):
            raise ModelError(f"{WHERE} key_file 在数据目录里，备份会把它一起带走；请移到别处")
        key = read_secret(self.key_file, f"{WHERE} key_file", ModelError)
        if not (key.isascii() and key.isprintable()):
            raise ModelError(f"{WHERE} key_file：口令文件 {self.key_file} 的第一行含有密钥不会有的字符，请核对")
        return key

    def ask(self, instruction: str, material: str) -> str:
        """Return what the model answers to an instruction and the material for it; raises ModelError."""
        key = self.key()
        asked = {
            "model": self.name,
            "messages": [{"role": "system", "content": instruction}, {"role": "user", "content": material}],
            "temperature": 0,
            "max_tokens": MOST_TOKENS,
        }
        return _said(self._posted(asked, {"Authorization": f"Bearer {key}"} if key else {}))

    def _posted(self, asked: dict[str, object], headers: dict[str, str]) -> bytes:
        """Send a question and return the answer's bytes, within the seconds and the size that are allowed."""
        import httpx2  # a tenth of a second that nobody else need wait

        until = time.monotonic() + self.seconds
        limits = httpx2.Timeout(self.seconds, connect=min(self.seconds, 10))
        try:
            with (
                httpx2.Client(timeout=limits, trust_env=False, follow_redirects=False) as client,
                client.stream("POST", f"{self.address}/chat/completions", json=asked, headers=headers) as answer,
            ):
                _check_status(answer)
                told = b""
                for part in answer.iter_bytes():
                    told += part
                    if len(told) > MOST_BYTES:
                        raise ModelError("语言模型的回答太长，没有采用")
                    if time.monotonic() > until:
                        raise httpx2.ReadTimeout("")
                return told
        except httpx2.TimeoutException:
            raise ModelError(
                f"语言模型 {self.address} 在 {self.seconds} 秒内没有答完；请稍后再试，或在 {WHERE} 把 seconds 调大"
            ) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise ModelError(
                f"语言模型 {self.address} 连不上（{type(error).__name__}）；请管理员核对 {WHERE} 的 address 与网络"
            ) from None


def _check_status(answer: httpx2.Response) -> None:
    if answer.status_code == 200:
        return
    remedy = {401: "请核对 key_file", 403: "请核对 key_file", 404: "请核对 address 与 model"}
    raise ModelError(
        f"语言模型没有答应（HTTP {answer.status_code}）；{remedy.get(answer.status_code, '请管理员查看模型服务')}"
    )


def _said(answer: bytes) -> str:
    """Return the text of an answer in OpenAI's form."""
    try:
        text = json.loads(answer)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        text = None
    if not isinstance(text, str):
        raise ModelError("语言模型的回答不是约定的格式（OpenAI 的 chat/completions）；请管理员核对模型服务")
    return text
