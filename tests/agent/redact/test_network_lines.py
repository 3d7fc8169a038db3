import pytest

from agent.redact.network_lines import network_in


@pytest.mark.parametrize(
    ("line", "indentation", "found"),
    [
        (b"Profile Name: Doe Home\r", 0, b"Doe Home"),
        (b"   Profilname: Doe-5G", 0, b"Doe-5G"),
        (b"            Doe Home:", 10, b"Doe Home"),
        (b"              Channel: 36", 10, None),
        (b"              PHY Mode:", 10, None),
        (b"BSS Type: Infrastructure", 0, None),
    ],
)
def test_a_wireless_network_is_a_profile_or_an_item_of_a_list(line, indentation, found):
    span = network_in(line, indentation)
    assert (span and line[slice(*span)]) == found


def test_what_opens_inside_of_a_list_of_networks_is_followed(redactor):
    body = "MIIEowIBAAKCAQEA7q9xZmFrZUtleU1hdGVyaWFsRm9yVGVzdHNPbmx5MDEyMzQ1"
    text = f"WLAN AutoConfig started\n-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\n"
    assert body[:12] not in redactor.text(text)[0]
