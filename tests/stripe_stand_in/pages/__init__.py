"""The pages a payer sees: plain forms, every field with a label, no scripts."""
