"""What storing costs, so that nobody is surprised: S3's list price, stated as what it is."""

from __future__ import annotations

DOLLARS_PER_GB_MONTH = 0.023  # Amazon S3 Standard, us-east-1, first 50 TB


def monthly_dollars(count: int) -> float:
    """So many bytes for a month. An estimate: requests and traffic come on top."""
    return count / 1e9 * DOLLARS_PER_GB_MONTH


def storage_cost(count: int) -> str:
    """The same in words."""
    dollars = monthly_dollars(count)
    return f"about ${dollars:.2f}" if dollars >= 0.01 else "less than one cent"
