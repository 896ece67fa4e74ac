"""Feeds: cards → bytes, pure. A new one is a file here and a line in FEEDS: address, links and tests follow."""

from . import atom, plain_json

FEEDS = (atom.FEED, plain_json.FEED)
