"""Counter: questions and their answers. Two halves, cases and meetings, that never meet."""
