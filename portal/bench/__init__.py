"""`./run bench`: how fast notices leave, beside the wire itself and beside what a user would pick instead."""
