"""Address book: people, organisations, places, lists, subscriptions. Never writes a notice, never sends a mail."""
