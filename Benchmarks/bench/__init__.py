"""Measures a whole system; see ../README.md."""
