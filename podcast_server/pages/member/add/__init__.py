"""Bringing one feed into a podcast app: buttons, address, QR code, and the word that it works."""
