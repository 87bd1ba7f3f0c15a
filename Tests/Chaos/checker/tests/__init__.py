"""Tests of the checker: a healthy system breaks no law, and each damage is detected by the laws that it breaks."""
