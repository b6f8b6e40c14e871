"""Downloads, counted by the IAB Podcast Measurement Guidelines 2.3, and true member plays.

record.py (answers put hits into a buffer) → write.py (rows) → count.py (pure: hits → downloads)
→ rollup.py (days) → reports.py. The rules that recognise apps and bots are data, in rules/.
"""
