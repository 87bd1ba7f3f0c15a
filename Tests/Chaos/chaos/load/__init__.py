"""What people do meanwhile: they list, change, order, cancel, pay, wait too long, and are banned."""
