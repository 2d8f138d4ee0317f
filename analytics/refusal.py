"""What cannot be done, told to people."""


class Refusal(Exception):
    """The message is Chinese, says why and what to do, and is shown as it is."""
