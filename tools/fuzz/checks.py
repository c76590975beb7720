"""Checks of our own beside those of Schemathesis."""

import schemathesis

MOST_BYTES = 1024 * 1024


@schemathesis.check
def refusals_are_small(ctx, response, case):
    """A bad request must not make the service write more than it read."""
    if response.status_code >= 400 and len(response.content) > MOST_BYTES:
        raise AssertionError(f"{len(response.content)} bytes answer a refused request")


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Shows tuples as plain arrays: Schemathesis 4.32 rewrites them to a form that it then refuses itself."""
    pending = [raw_schema]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending.extend(node)
        elif isinstance(node, dict):
            if "prefixItems" in node:
                del node["prefixItems"], node["items"]
            pending.extend(node.values())
