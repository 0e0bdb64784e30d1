"""What the request itself says about the device that sent it."""

from headwater.pipeline.event import Event


def put_client(event: Event) -> None:
    """Set `context.ip` and `context.userAgent` from the request, where it came from the device.

    That is so for client-side sources, and where a server says so by `context.direct`; what the
    sender set itself always stays.
    """
    receipt, context = event.receipt, event.context
    if not receipt.is_client_side and context.get("direct") is not True:
        return
    if receipt.ip and context.get("ip") is None:
        context["ip"] = receipt.ip
    if receipt.user_agent and context.get("userAgent") is None:
        context["userAgent"] = receipt.user_agent
