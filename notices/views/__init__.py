"""The officer's desk. A view reads, makes one call, answers."""
