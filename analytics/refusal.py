"""What cannot be done, told to people."""

#: Characters of a message that are shown: what stood in a file may be a line of a hundred megabytes.
LONGEST = 1200
_TAIL = 200


class Refusal(Exception):
    """The message is Chinese, says why and what to do, and is shown as it is; of a very long one the middle is left out."""

    def __init__(self, message: str = ""):
        super().__init__(shortened(message))


def shortened(text: str, most: int = LONGEST) -> str:
    """Return a text of at most so many characters: its beginning and its end, where the remedy stands."""
    if len(text) <= most:
        return text
    tail = min(_TAIL, most // 4)
    return f"{text[: most - tail - 1]}…{text[-tail:]}"
