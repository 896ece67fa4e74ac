"""The floor: words, clock, access and audit that every room stands on. Knows no room above it."""
