"""What goes wrong for a user below the server: each failure's message is a sentence."""


class ModelError(ValueError):
    """A file, a run or a request that cannot be used; the message says why and what to try."""
