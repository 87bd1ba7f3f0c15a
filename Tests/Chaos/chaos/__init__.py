"""Injects faults into a whole system under load, and has the checker judge the result."""
