"""Post office: addresses, sealed messages, receipts. Knows no notice."""
