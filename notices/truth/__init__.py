"""The truth line: one sentence, made from the impact rows, that says what is open to whom. Pure.

`cells` turns rows into cells and groups them, `clauses` decides what is said and in which order,
`words` holds the phrases of each language. The grammar is described in docs/truth-line.md.
"""

from .cells import Row
from .line import Clause, each_labelled, qualified, segments, truth_line

__all__ = ["Clause", "Row", "each_labelled", "qualified", "segments", "truth_line"]
