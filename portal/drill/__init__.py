"""`./run drill`: the whole way of a notice with real servers, judged by nothing but the receiving side's log."""
