"""The counter's rows; each half keeps its own."""

from .cases.models import Case, CaseEntry, CaseSeries

__all__ = ["Case", "CaseEntry", "CaseSeries"]
