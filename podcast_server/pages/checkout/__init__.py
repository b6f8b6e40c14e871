"""Where money changes hands: joining, giving, donating, buying, and what comes after."""
