"""The kinds of cleaning rule, each a file with its settings and the function that it becomes."""

from collections.abc import Mapping
from typing import Final

from headwater.cleaning.enrichment import (
    anonymize_ip,
    classify_referrer,
    locate_ip,
    number_sessions,
    parse_user_agent,
    read_campaign,
)
from headwater.cleaning.kinds import (
    allowed_range,
    allowed_values,
    change_case,
    drop,
    drop_bots,
    drop_internal_traffic,
    drop_repeats,
    drop_test_users,
    empty_to_null,
    fill_last_known,
    fill_missing,
    normalize_country,
    normalize_email,
    normalize_language,
    normalize_phone,
    normalize_unicode,
    normalize_url,
    outliers,
    parse_boolean,
    parse_currency,
    parse_date,
    parse_number,
    require_members,
    trim,
)
from headwater.cleaning.model import Kind

_MODULES: Final = (
    drop,
    require_members,
    drop_bots,
    drop_internal_traffic,
    drop_test_users,
    drop_repeats,
    fill_missing,
    fill_last_known,
    trim,
    change_case,
    normalize_unicode,
    empty_to_null,
    parse_number,
    parse_boolean,
    parse_date,
    parse_currency,
    normalize_email,
    normalize_phone,
    normalize_country,
    normalize_language,
    normalize_url,
    allowed_range,
    allowed_values,
    outliers,
    parse_user_agent,
    read_campaign,
    classify_referrer,
    number_sessions,
    locate_ip,
    anonymize_ip,
)

KINDS: Final[Mapping[str, Kind]] = {module.KIND.name: module.KIND for module in _MODULES}
"""By name, in the order in which people are shown them."""
