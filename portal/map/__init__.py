"""The map: land as an outline, places as marks, drawn on the server; the same list always stands beside it."""
