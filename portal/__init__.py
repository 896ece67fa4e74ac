"""Roof: settings, addresses, accounts and the pages that show several rooms."""
