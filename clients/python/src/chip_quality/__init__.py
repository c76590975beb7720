"""Client of the chip-quality query service: every route as dictionaries, the usual answers as pandas frames."""

from .client import Client, ProblemError

__all__ = ["Client", "ProblemError"]
