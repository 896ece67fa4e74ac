"""Servers from their wheels, for trying Fairway out and for its tests. No Django import in here."""
