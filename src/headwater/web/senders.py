"""The senders of webhooks as the console shows them: where each one's secret is found."""

from typing import Final

from headwater.web.navigation import N_

SECRETS: Final = {
    "stripe": N_("The endpoint's signing secret (whsec_…), under Webhooks."),
    "shopify": N_("The app's client secret, or the key under Settings, Notifications, Webhooks."),
    "woocommerce": N_("The webhook's secret, under Settings, Advanced, Webhooks."),
    "hubspot": N_("The app's client secret, under Auth."),
    "mailchimp": N_(
        "A long random text of your own: enter the address there with ?secret=… added."
    ),
    "sendgrid": N_("The verification key of the signed event webhook, under Mail settings."),
    "twilio": N_("The account's auth token, on the console's first page."),
    "zendesk": N_("The webhook's signing secret, shown on its page."),
    "intercom": N_("The app's client secret, under Basic information."),
    "github": N_("The webhook's secret, as you entered it there."),
    "custom": N_(
        "A text of your own: as a bearer token, in X-Webhook-Secret, as ?secret= in the address, "
        "or to sign the body (HMAC-SHA256 in X-Signature)."
    ),
    "feishu": N_("The app's Encrypt Key, under Events and Callbacks, Encryption Strategy."),
}
