"""Payments without any account: bank transfer, cash, "pay me later", confirmed by hand."""
