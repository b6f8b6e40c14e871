"""What is sold and given beside plans: collections, gifts, donations, codes; and webhooks."""
