"""Requests as the senders of webhooks make them: in their documented form, signed as they sign."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlencode

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SECRET = "whsec_of the tests 密"
_KEY = ec.derive_private_key(0xC0FFEE, ec.SECP256R1())
SENDGRID_KEY = base64.b64encode(
    _KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()


class Sent(msgspec.Struct):
    """What a sender sends: to the address with this query, with these headers."""

    body: bytes
    headers: dict[str, str]
    query: str = ""
    method: str = "POST"


def _hmac(content: bytes, digest: str = "sha256") -> bytes:
    return hmac.new(SECRET.encode(), content, digest).digest()


def _in_base64(content: bytes, digest: str = "sha256") -> str:
    return base64.b64encode(_hmac(content, digest)).decode()


def stripe(body: Any, _url: str, at: float) -> Sent:
    content = json.dumps(body).encode()
    signature = _hmac(f"{int(at)}.".encode() + content).hex()
    old = hashlib.sha256(b"an old secret").hexdigest()
    return Sent(content, {"Stripe-Signature": f"t={int(at)},v1={old},v1={signature},v0=ignored"})


def shopify(body: Any, _url: str, _at: float, topic: str = "orders/create") -> Sent:
    content = json.dumps(body).encode()
    headers = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": _in_base64(content),
        "X-Shopify-Shop-Domain": "tea.myshopify.com",
        "X-Shopify-Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "X-Shopify-Triggered-At": "2026-10-01T18:00:27.877041743Z",
    }
    return Sent(content, headers)


def woocommerce(body: Any, _url: str, _at: float) -> Sent:
    content = json.dumps(body).encode()
    headers = {"X-WC-Webhook-Topic": "order.created", "X-WC-Webhook-Signature": _in_base64(content)}
    return Sent(content, headers)


def github(body: Any, _url: str, _at: float, kind: str = "issues") -> Sent:
    content = json.dumps(body).encode()
    headers = {
        "X-GitHub-Event": kind,
        "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "X-Hub-Signature-256": f"sha256={_hmac(content).hex()}",
    }
    return Sent(content, headers)


def intercom(body: Any, _url: str, _at: float) -> Sent:
    content = json.dumps(body).encode()
    return Sent(content, {"X-Hub-Signature": f"sha1={_hmac(content, 'sha1').hex()}"})


def zendesk(body: Any, _url: str, at: float) -> Sent:
    content = json.dumps(body).encode()
    said = datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    headers = {
        "X-Zendesk-Webhook-Signature": _in_base64(said.encode() + content),
        "X-Zendesk-Webhook-Signature-Timestamp": said,
        "X-Zendesk-Webhook-Invocation-Id": "01HZ2K6Z",
    }
    return Sent(content, headers)


def sendgrid(body: Any, _url: str, at: float) -> Sent:
    content = json.dumps(body).encode()
    said = str(int(at))
    signature = _KEY.sign(said.encode() + content, ec.ECDSA(hashes.SHA256()))
    headers = {
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": said,
    }
    return Sent(content, headers)


def twilio(body: dict[str, str], url: str, _at: float) -> Sent:
    signed = url + "".join(name + value for name, value in sorted(body.items()))
    headers = {"X-Twilio-Signature": _in_base64(signed.encode(), "sha1")}
    return Sent(urlencode(body).encode(), headers)


def mailchimp(body: dict[str, str], _url: str, _at: float) -> Sent:
    return Sent(urlencode(body).encode(), {}, query=urlencode({"secret": SECRET}))


def hubspot(body: Any, url: str, at: float) -> Sent:
    content = json.dumps(body).encode()
    said = str(int(at * 1000))
    signed = f"POST{unquote(url)}".encode() + content + said.encode()
    headers = {
        "X-HubSpot-Signature-v3": _in_base64(signed),
        "X-HubSpot-Request-Timestamp": said,
    }
    return Sent(content, headers)


def feishu(body: Any, _url: str, at: float) -> Sent:
    padder = PKCS7(128).padder()
    padded = padder.update(json.dumps(body).encode()) + padder.finalize()
    iv = b"0123456789abcdef"
    cipher = Cipher(algorithms.AES(hashlib.sha256(SECRET.encode()).digest()), modes.CBC(iv))
    encryptor = cipher.encryptor()
    sealed = base64.b64encode(iv + encryptor.update(padded) + encryptor.finalize()).decode()
    content = json.dumps({"encrypt": sealed}).encode()
    said, nonce = str(int(at)), "n0nce"
    signature = hashlib.sha256(f"{said}{nonce}{SECRET}".encode() + content).hexdigest()
    headers = {
        "X-Lark-Request-Timestamp": said,
        "X-Lark-Request-Nonce": nonce,
        "X-Lark-Signature": signature,
    }
    return Sent(content, headers)


SIGN: dict[str, Callable[..., Sent]] = {
    each.__name__: each
    for each in (
        *(stripe, shopify, woocommerce, hubspot, mailchimp, sendgrid),
        *(twilio, zendesk, intercom, github, feishu),
    )
}
SIGNS_TIME = {"stripe", "hubspot", "sendgrid", "zendesk", "feishu"}
"""Those that sign when they sent: what is old is a replay."""


def secret_of(preset: str) -> str:
    return SENDGRID_KEY if preset == "sendgrid" else SECRET


SAMPLES: dict[str, Any] = {
    "stripe": {
        "id": "evt_1",
        "object": "event",
        "type": "charge.succeeded",
        "created": 1_760_000_000,
        "livemode": False,
        "data": {
            "object": {
                "id": "ch_1",
                "object": "charge",
                "amount": 2000,
                "currency": "cny",
                "customer": "cus_1",
                "billing_details": {"email": "ada@example.com", "name": "Ada 王"},
            }
        },
    },
    "shopify": {
        "id": 820982911946154500,
        "email": "ada@example.com",
        "created_at": "2026-10-01T14:48:44-04:00",
        "currency": "USD",
        "total_price": "398.00",
        "customer": {"id": 115310627314723950, "email": "ada@example.com", "first_name": "Ada"},
        "line_items": [{"id": 1, "title": "Tea", "quantity": 2, "price": "199.00"}],
    },
    "woocommerce": {
        "id": 727,
        "status": "processing",
        "currency": "CNY",
        "total": "29.35",
        "customer_id": 7,
        "date_created_gmt": "2026-10-01T10:00:00",
        "date_modified_gmt": "2026-10-01T10:00:01",
        "billing": {"first_name": "Ada", "email": "ada@example.com", "phone": "138"},
    },
    "hubspot": [
        {
            "eventId": 1,
            "subscriptionId": 12345,
            "portalId": 62515,
            "occurredAt": 1_760_000_000_000,
            "subscriptionType": "contact.propertyChange",
            "attemptNumber": 0,
            "objectId": 123,
            "propertyName": "lifecyclestage",
            "propertyValue": "customer",
        },
        {
            "eventId": 2,
            "subscriptionId": 12346,
            "occurredAt": 1_760_000_001_000,
            "subscriptionType": "deal.creation",
            "objectId": 9,
        },
    ],
    "mailchimp": {
        "type": "subscribe",
        "fired_at": "2026-10-01 21:35:57",
        "data[id]": "8a25ff1d98",
        "data[list_id]": "a6b5da1054",
        "data[email]": "ada@example.com",
        "data[merges][FNAME]": "Ada",
        "data[merges][LNAME]": "王",
    },
    "sendgrid": [
        {
            "email": "ada@example.com",
            "timestamp": 1_760_000_000,
            "event": "open",
            "sg_event_id": "a",
        },
        {
            "email": "li@example.com",
            "timestamp": 1_760_000_001,
            "event": "click",
            "sg_event_id": "b",
        },
    ],
    "twilio": {
        "MessageSid": "SM1",
        "MessageStatus": "delivered",
        "To": "+8613800138000",
        "From": "+15017122661",
        "AccountSid": "AC1",
    },
    "zendesk": {
        "id": "01J",
        "type": "zen:event-type:ticket.status_changed",
        "time": "2026-10-01T09:00:00Z",
        "subject": "zen:ticket:7",
        "detail": {"id": "7", "requester_id": "42", "status": "SOLVED"},
        "event": {"current": "SOLVED", "previous": "OPEN"},
    },
    "intercom": {
        "type": "notification_event",
        "id": "notif_1",
        "topic": "conversation.user.created",
        "created_at": 1_760_000_000,
        "data": {
            "item": {
                "type": "conversation",
                "id": "c1",
                "contacts": {"contacts": [{"id": "i1", "external_id": "user-7"}]},
            }
        },
    },
    "github": {
        "action": "opened",
        "issue": {"number": 1, "title": "Tea is cold"},
        "sender": {"login": "ada", "type": "User"},
    },
    "feishu": {
        "schema": "2.0",
        "header": {
            "event_id": "5e3702a8",
            "event_type": "im.message.receive_v1",
            "create_time": "1760000000000",
            "tenant_key": "t",
        },
        "event": {
            "sender": {"sender_id": {"union_id": "on_1", "open_id": "ou_1"}},
            "message": {"message_id": "om_1", "content": '{"text":"你好"}'},
        },
    },
}
"""Bodies in the forms that the senders document."""

EXPECTED: dict[str, list[tuple[str, str, str]]] = {
    "stripe": [("identify", "", "cus_1"), ("track", "Charge Succeeded", "cus_1")],
    "shopify": [
        ("identify", "", "115310627314723950"),
        ("track", "Order Created", "115310627314723950"),
    ],
    "woocommerce": [("identify", "", "7"), ("track", "Order Created", "7")],
    "hubspot": [
        ("track", "Contact Property Change", "123"),
        ("track", "Deal Creation", "hubspot-9"),
    ],
    "mailchimp": [("identify", "", "ada@example.com"), ("track", "Subscribed", "ada@example.com")],
    "sendgrid": [
        ("track", "Email Opened", "ada@example.com"),
        ("track", "Email Link Clicked", "li@example.com"),
    ],
    "twilio": [("track", "Message Delivered", "+8613800138000")],
    "zendesk": [("track", "Ticket Status Changed", "42")],
    "intercom": [("track", "Conversation User Created", "user-7")],
    "github": [("identify", "", "ada"), ("track", "Issues Opened", "ada")],
    "feishu": [("track", "Im Message Receive V1", "on_1")],
}
"""What the samples become: type, event, who."""
