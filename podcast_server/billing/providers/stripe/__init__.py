"""Stripe: the only folder that knows the `stripe` library and Stripe's words."""
