"""Money: what is sold, who paid, and what that opens. The provider is the source of truth.

Facts come from a provider (providers/), become rows (bookkeeping.py) and then rights
(entitle.py). A webhook is only a hint to look up a fact again (inbox.py).
"""
