"""The counter's rows; each half keeps its own."""

from .cases.models import Case, CaseEntry, CaseFile, CaseSeries, CaseTold, Unfinished

__all__ = ["Case", "CaseEntry", "CaseFile", "CaseSeries", "CaseTold", "Unfinished"]
