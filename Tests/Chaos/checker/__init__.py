"""Checks a GitTix system from the outside: PostgreSQL, Redis, Stripe's record of payments and the clients' log must
agree.

It uses no code of the services or of the harness that injects faults, so a defect there cannot hide itself here.
"""
