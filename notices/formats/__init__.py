"""Feeds: cards → bytes, pure. A new one is a file here and a line in FEEDS."""
