"""What members pay: plans, their prices, and money that comes by hand."""
