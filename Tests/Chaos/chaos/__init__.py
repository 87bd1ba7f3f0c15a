"""Breaks a whole system in every way it promises to survive, from a seed, and has the checker judge what is left."""
