"""How to pay by hand."""
