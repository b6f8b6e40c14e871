"""Passkeys and recovery codes."""
