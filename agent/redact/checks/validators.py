"""Checks that a found value is what it looks like: what a regular expression cannot say, or only at great cost.

A validator gets the value and the match it came from and says whether the finding stands. Rules name it in
their ``validator`` key. Each is cheap: it runs for every finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from agent.redact.checks.host_checks import (
    is_dashed_host,
    is_host,
    is_internal_host,
    is_likely_host,
    is_login_host,
    is_message_host,
    is_named_host,
    is_neighbour_host,
    is_program_host,
    is_shaped_host,
    is_syslog_host,
    is_url_host,
)
from agent.redact.checks.inflected_numbers import is_checked_number
from agent.redact.checks.machine_checks import is_address, is_bare_ipv6, is_mac
from agent.redact.checks.number_checks import (
    is_coordinates,
    is_device_number,
    is_iban,
    is_international_phone,
    is_nino,
    is_payment_card,
    is_phone,
    is_shaped_national_number,
    is_subscriber_number,
    is_us_social,
)
from agent.redact.checks.passphrases import looks_passphrase
from agent.redact.checks.people_checks import (
    is_account,
    is_distinguished,
    is_machine_mail,
    is_mail,
    is_name_of_mailbox,
    is_named_person,
    is_person,
    is_postal_address,
)
from agent.redact.checks.secret_values import (
    is_bitlocker_key,
    is_cookie,
    is_mixed,
    is_mixed_token,
    is_random_key,
    is_random_token,
    looks_secret,
    looks_secret_by_sign,
    looks_secret_in_tuple,
    looks_secret_option,
    looks_secret_word,
    looks_secret_words,
)
from agent.redact.checks.state_numbers import is_number_in_record, is_number_told
from agent.redact.checks.told_secrets import (
    looks_secret_beside,
    looks_secret_in_column,
    looks_secret_in_prose,
    looks_secret_told,
)
from agent.redact.checks.verhoeff import is_aadhaar
from agent.redact.encoded import holds_dumped_secret, holds_login, holds_secret

Validator = Callable[[bytes, "re.Match[bytes]"], bool]

VALIDATORS: dict[str, Validator] = {
    "aadhaar": is_aadhaar,
    "account": is_account,
    "address": is_address,
    "bare-ipv6": is_bare_ipv6,
    "bitlocker": is_bitlocker_key,
    "checked-number": is_checked_number,
    "cookie": is_cookie,
    "coordinates": is_coordinates,
    "dumped-secret": holds_dumped_secret,
    "encoded-login": holds_login,
    "encoded-secret": holds_secret,
    "host": is_host,
    "dashed-host": is_dashed_host,
    "distinguished": is_distinguished,
    "device-number": is_device_number,
    "iban": is_iban,
    "internal-host": is_internal_host,
    "international-phone": is_international_phone,
    "likely-host": is_likely_host,
    "message-host": is_message_host,
    "named-host": is_named_host,
    "neighbour-host": is_neighbour_host,
    "program-host": is_program_host,
    "number-in-record": is_number_in_record,
    "number-told": is_number_told,
    "shaped-host": is_shaped_host,
    "syslog-host": is_syslog_host,
    "url-host": is_url_host,
    "login-host": is_login_host,
    "mac": is_mac,
    "machine-mail": is_machine_mail,
    "named-person": is_named_person,
    "postal-address": is_postal_address,
    "mail": is_mail,
    "mailbox-name": is_name_of_mailbox,
    "mixed": is_mixed,
    "mixed-token": is_mixed_token,
    "nino": is_nino,
    "passphrase": looks_passphrase,
    "person": is_person,
    "shaped-national-number": is_shaped_national_number,
    "payment-card": is_payment_card,
    "random-key": is_random_key,
    "random-token": is_random_token,
    "phone": is_phone,
    "secret": looks_secret,
    "secret-beside": looks_secret_beside,
    "secret-by-sign": looks_secret_by_sign,
    "secret-in-column": looks_secret_in_column,
    "secret-tuple": looks_secret_in_tuple,
    "secret-words": looks_secret_words,
    "secret-option": looks_secret_option,
    "secret-prose": looks_secret_in_prose,
    "secret-told": looks_secret_told,
    "secret-word": looks_secret_word,
    "subscriber-number": is_subscriber_number,
    "us-social": is_us_social,
}
