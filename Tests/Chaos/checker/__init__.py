"""Judges a GitTix system from the outside: what PostgreSQL, Redis, Stripe's record of money and the clients' log say
must agree. Nothing of the services' code is used here, nor of the harness that breaks them: a mistake there can't hide
itself here.
"""
