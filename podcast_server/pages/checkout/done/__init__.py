"""Back from the payment page."""
