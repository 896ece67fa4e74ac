"""Fire drill: procedures, exercises, strength. Never a second way to send."""
