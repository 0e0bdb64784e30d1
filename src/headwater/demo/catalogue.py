"""The shop's shelves and the world around it. All of it is made up."""

from typing import Final, NamedTuple

from headwater.demo.model import Country


class Product(NamedTuple):
    id: str
    name: str
    category: str
    price: float
    """In euros."""


PRODUCTS: Final = tuple(
    Product(f"P{number:03d}", name, category, price)
    for number, (name, category, price) in enumerate(
        (
            ("River mug", "Kitchen", 12.9),
            ("Oak chopping board", "Kitchen", 34.5),
            ("Copper kettle", "Kitchen", 79.0),
            ("Linen tea towel", "Kitchen", 9.5),
            ("Salt cellar", "Kitchen", 16.0),
            ("Pepper mill", "Kitchen", 29.9),
            ("Wool blanket", "Home", 89.0),
            ("Beeswax candle", "Home", 11.0),
            ("Paper lantern", "Home", 18.5),
            ("Clay vase", "Home", 42.0),
            ("Feather cushion", "Home", 36.0),
            ("Door wreath", "Home", 27.5),
            ("Fountain pen", "Desk", 48.0),
            ("Ink, river blue", "Desk", 13.5),
            ("Dotted notebook", "Desk", 15.9),
            ("Brass ruler", "Desk", 19.0),
            ("Felt desk mat", "Desk", 32.0),
            ("Letter paper", "Desk", 8.9),
            ("Watering can", "Garden", 38.0),
            ("Seed box, herbs", "Garden", 14.0),
            ("Pruning shears", "Garden", 44.0),
            ("Bird feeder", "Garden", 23.5),
            ("Jasmine tea 茉莉花茶", "Tea", 17.0),
            ("Oolong tea 乌龙茶", "Tea", 21.0),
            ("Tea bowl 茶碗", "Tea", 26.0),
            ("Gift card", "Gift", 50.0),
        ),
        1,
    )
)

CATEGORIES: Final = tuple(dict.fromkeys(product.category for product in PRODUCTS))

COUNTRIES: Final = (
    Country("DE", "Germany", "Leipzig", "EUR", 1.0, "de-DE", "Europe/Berlin"),
    Country("GB", "United Kingdom", "Bristol", "GBP", 0.86, "en-GB", "Europe/London"),
    Country("US", "United States", "Portland", "USD", 1.1, "en-US", "America/Los_Angeles"),
    Country("CN", "China", "杭州", "CNY", 7.8, "zh-CN", "Asia/Shanghai"),
    Country("JP", "Japan", "Kyoto", "JPY", 165.0, "ja-JP", "Asia/Tokyo"),
)
COUNTRY_WEIGHTS: Final = (30, 25, 25, 15, 5)

FIRST_NAMES: Final = (
    *("Ada", "Ben", "Chloë", "Dmitri", "Elif", "Farid", "Greta", "Hugo", "Inés", "Jonas"),
    *("Kaia", "Liam", "Mina", "Noor", "Olga", "Pavel", "Quinn", "Rosa", "Søren", "Tove"),
)
LAST_NAMES: Final = (
    *("Abbott", "Bauer", "Castillo", "Dahl", "Eriksen", "Fischer", "García", "Hughes"),
    *("Ivanova", "Jansen", "Kaya", "Lindqvist", "Moreau", "Novák", "O'Brien", "Petit"),
)
CHINESE_NAMES: Final = ("王芳", "李伟", "张敏", "刘洋", "陈静", "杨磊", "赵丽", "黄强")

COMPANIES: Final = (
    ("Brightwater Studio", "design", 12, "team"),
    ("Alder & Finch", "retail", 48, "business"),
    ("Kiesel GmbH", "manufacturing", 230, "business"),
    ("Nordlys Hotels", "hospitality", 600, "enterprise"),
    ("Papaya Labs", "software", 25, "team"),
    ("Old Mill Café", "hospitality", 7, "starter"),
    ("云杉科技", "software", 140, "business"),
    ("Harbour Books", "retail", 18, "starter"),
)


class Campaign(NamedTuple):
    name: str
    source: str
    medium: str
    term: str = ""


CAMPAIGNS: Final = (
    Campaign("spring-sale", "google", "cpc", "wool blanket"),
    Campaign("tea-week", "instagram", "social"),
    Campaign("gift-guide", "newsletter", "email"),
    Campaign("friends", "partner-blog", "referral"),
    Campaign("茶叶节", "wechat", "social"),
)

AGENTS: Final = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.5 Safari/605",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
)

TICKET_SUBJECTS: Final = (
    "Where is my parcel?",
    "The mug arrived broken",
    "Invoice with VAT number",
    "Can I change the address?",
    "Refund not received",
    "退货怎么办理？",
)
