import ipaddress
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.redact.pseudonym import _PRIVATE_BORDERS, namer

NAME = namer(b"one key")
OTHER = namer(b"another key")


@pytest.mark.parametrize(
    ("kind", "one", "same"),
    [
        ("mail", b"Jane.Doe@Example.COM", b"jane.doe%40example.com"),
        ("mail", b"jane@example.com", rb"jane\@example.com"),
        ("mail", b"jane@example.com", b"jane=40example.com"),
        ("host", b"WEB01.corp.net", b"web01.corp.net."),
        ("mac", b"B8:A5:F8:B0:C5:72", b"b8-a5-f8-b0-c5-72"),
        ("mac", b"b8a5.f8b0.c572", b"b8_a5_f8_b0_c5_72"),
        ("phone", b"+48 601 234 567", b"0048601234567"),
        ("user", b"Jane Doe", b"jane\\ doe"),
        ("user", b"JDOE", b"jdoe"),
        ("ip", b"2001:db8:0:0::1", b"2001:DB8::1"),
        ("ip", b"fd2e%3A2588%3A377e%3A%3A295", b"fd2e:2588:377e::295"),
    ],
)
def test_one_value_has_one_stand_in_however_it_is_written(kind, one, same):
    assert NAME(kind, one) == NAME(kind, same)


def test_stand_ins_of_two_keys_cannot_be_linked():
    assert NAME("mail", b"a@b.com") != OTHER("mail", b"a@b.com")


def test_a_stand_in_is_its_kind_and_eight_letters():
    assert NAME("user", b"jdoe").decode().partition("-")[0] == "user"
    assert len(NAME("user", b"jdoe")) == len("user-") + 8


def test_neighbours_share_the_network_part_and_never_collide():
    names = [NAME("ip", b"10.1.2.%d" % host) for host in range(256)]
    assert len(set(names)) == 256
    assert len({name[:-2] for name in names}) == 1
    assert NAME("ip", b"10.1.3.1")[:-2] != names[1][:-2]


@pytest.mark.parametrize(
    ("address", "start"),
    [
        (b"10.1.2.3", b"ip-private-"),
        (b"192.168.0.9", b"ip-private-"),
        (b"169.254.3.4", b"ip-private-"),
        (b"93.184.216.34", b"ip-"),
        (b"fe80::1234", b"ip6-private-"),
        (b"2607:f140:6000:8::1", b"ip6-"),
    ],
)
def test_private_and_public_addresses_are_told_apart(address, start):
    name = NAME("ip", address)
    assert name.startswith(start)
    assert b"private" in start or b"private" not in name


def test_private_networks_are_those_that_the_library_knows():
    chance = random.Random(1)
    borders = [first + step for first in _PRIVATE_BORDERS for step in (-1, 0) if 0 <= first + step < 2**24]
    for network in borders + chance.choices(range(2**24), k=2000):
        address = ipaddress.IPv4Address(network << 8)
        is_private = address.is_private or address.is_link_local
        assert NAME("ip", str(address).encode()).startswith(b"ip-private-") is is_private, address


@given(st.sets(st.ip_addresses(v=4).map(ipaddress.IPv4Address), min_size=2, max_size=200))
def test_different_addresses_have_different_stand_ins(addresses):
    names = {NAME("ip", str(address).encode()) for address in addresses}
    assert len(names) == len(addresses)
