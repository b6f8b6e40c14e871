"""Cells of tables that people open in a spreadsheet."""

from __future__ import annotations


def harmless(cell: object) -> object:
    """A text that a spreadsheet would run is kept from it; numbers stay numbers."""
    if not isinstance(cell, str):
        return cell
    return f"'{cell}" if cell.lstrip().startswith(("=", "+", "-", "@")) else cell
