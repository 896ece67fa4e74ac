"""Feeds: cards → bytes, pure. A new one is a file here and a line in FEEDS: address, links and tests follow."""

from . import atom, cap_index, csv, geojson, ical, json_feed

FEEDS = (atom.FEED, json_feed.FEED, cap_index.FEED, geojson.FEED, ical.FEED, csv.FEED)
