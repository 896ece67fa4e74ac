"""Newspaper: what is written, approved and published. Never knows an address."""
