"""Give a membership, and redeem one."""
