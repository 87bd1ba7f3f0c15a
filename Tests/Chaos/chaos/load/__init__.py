"""The users of a run: they list, change, order, cancel, pay, let holds expire, and are banned."""
