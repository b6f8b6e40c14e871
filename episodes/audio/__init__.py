"""What an audio file is and says of itself, and making other files from it.

``probe``, ``convert`` and ``cut`` are for the rest of the house; each does its reading in
``child``, a process of its own with limits, because files come from strangers.
"""
