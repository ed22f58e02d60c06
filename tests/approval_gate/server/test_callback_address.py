"""Where callbacks may go, and where never."""

import asyncio
from ipaddress import ip_address, ip_network

import pytest

from approval_gate.server.callback_address import Guard, NotAllowed, Target

INSIDE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",  # noqa: S104 - an address that is judged, not listened at
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
    "2001:db8::1",
    "192.88.99.1",
    "::7f00:1",
    "fec0::1",
    "3fff::1",
    "5f00::1",
    "100::1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_no_callback_goes_inside(address: str) -> None:
    with pytest.raises(NotAllowed):
        Guard().judge(ip_address(address), "https")


@pytest.mark.parametrize("address", ["93.184.215.14", "1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1"])
def test_public_addresses_are_reached_over_https_only(address: str) -> None:
    guard = Guard((ip_network("10.0.0.0/8"),))

    guard.judge(ip_address(address), "https")
    with pytest.raises(NotAllowed, match="GATE_CALLBACK_PRIVATE"):
        guard.judge(ip_address(address), "http")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_private_network_that_the_operator_named_is_reached(scheme: str) -> None:
    guard = Guard((ip_network("10.1.0.0/16"), ip_network("fd00::/8")))

    for address in ("10.1.2.3", "::ffff:10.1.2.3", "fd12::1"):
        guard.judge(ip_address(address), scheme)
    for address in ("10.2.0.1", "127.0.0.1", "fe80::1"):
        with pytest.raises(NotAllowed):
            guard.judge(ip_address(address), scheme)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://example.com/", "must begin with https://"),
        ("ftp://example.com/", "is no address"),
        ("https://", "is no address"),
        ("https:///path", "is no address"),
        ("https://host:99999/", "is no address"),
        ("https://host:0/", "is no address"),
        ("https://[::1/", "is no address"),
        ("https://a..b/", "is no address"),
        ("https://" + "a" * 64 + ".com/", "is no address"),
        ("https://ex%61mple.com/", "is no address"),
        ("https://user:password@example.com/", "neither a user"),
        ("https://user@example.com/", "neither a user"),
        ("https://example.com/#x", "neither a user nor a fragment"),
        ("https://127.0.0.1/", "private"),
        ("https://[::1]/", "private"),
        ("https://[::ffff:169.254.169.254]/", "private"),
    ],
)
def test_what_can_never_be_sent_is_refused_when_the_ticket_is_filed(url: str, words: str) -> None:
    with pytest.raises(NotAllowed, match=words):
        Guard().check(url)


@pytest.mark.parametrize(
    "url", ["https://example.com", "https://example.com:8443/a?b=c%25", "https://1.1.1.1/"]
)
def test_a_public_address_can_be_filed(url: str) -> None:
    Guard().check(url)


@pytest.mark.parametrize("name", ["localhost", "2130706433", "0x7f000001", "127.1", "0177.0.0.1"])
def test_a_name_that_leads_inside_is_refused_whatever_it_looks_like(name: str) -> None:
    with pytest.raises(NotAllowed, match="private"):
        asyncio.run(Guard().addresses(Target.of(f"https://{name}/")))


def test_a_name_is_resolved_to_addresses_and_each_is_judged() -> None:
    guard = Guard((ip_network("127.0.0.0/8"), ip_network("::1/128")))

    addresses = asyncio.run(guard.addresses(Target.of("http://localhost:8080/")))

    assert "127.0.0.1" in addresses


def test_an_address_taken_apart_keeps_its_path_and_query_as_they_are() -> None:
    target = Target.of("https://Example.com:8443/a%2Fb?c=100%25&d=%C3%BC")

    assert (target.host, target.port, target.path) == ("example.com", 8443, "/a%2Fb?c=100%25&d=%C3%BC")
    assert target.authority == "example.com:8443"
    assert Target.of("https://example.com").authority == "example.com"
    assert Target.of("https://[2606:4700::1]/").authority == "[2606:4700::1]"
