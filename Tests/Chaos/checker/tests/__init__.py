"""Tests of the checker: it calls a healthy system healthy, and each law notices what breaks it."""
