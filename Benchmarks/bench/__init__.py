"""Measures a whole system of its own: see ../README.md."""
