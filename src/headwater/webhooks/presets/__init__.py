"""Senders of webhooks that are known, one module each."""

from collections.abc import Mapping
from typing import Final

from headwater.webhooks.presets import (
    custom,
    feishu,
    github,
    hubspot,
    intercom,
    mailchimp,
    sendgrid,
    shopify,
    stripe,
    twilio,
    woocommerce,
    zendesk,
)
from headwater.webhooks.presets.preset import Preset

PRESETS: Final[Mapping[str, Preset]] = {
    module.PRESET.name: module.PRESET
    for module in (
        stripe,
        shopify,
        woocommerce,
        hubspot,
        mailchimp,
        sendgrid,
        twilio,
        zendesk,
        intercom,
        github,
        feishu,
        custom,
    )
}
