"""What other bodies publish: fetched, kept as waiting items, made drafts by a person. None goes out by itself."""
