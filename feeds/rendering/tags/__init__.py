"""One module for each namespace that feedgen does not write, or writes wrongly.

Each has ``NAMESPACE``, ``add_channel_tags(channel, document)`` and, where it says something
about episodes, ``add_item_tags(element, item)``.
"""
