"""CAP 1.2 as others write it: what is wrong with a message. Ours are written by formats/cap.py."""
