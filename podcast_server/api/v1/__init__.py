"""``/api/v1``: the studio's work for scripts, in JSON. Described at ``/api/v1/openapi.json``."""
