"""Where a request comes from, as far as that tells callers without a credential apart.

It is the address of the peer, which the server takes from a forwarding header only if the peer is a proxy that the settings trust. A household has
one IPv4 address, and of IPv6 a network of 64 bits.
"""

import hmac
from ipaddress import IPv6Address, IPv6Network, ip_address

from fastapi import Request

_HOUSEHOLD_BITS = 64


def network_of(request: Request, secret: bytes) -> str:
    """The same for the same network and for nobody else; the address cannot be read from it."""
    network = _network(request.client.host if request.client else "")
    return hmac.digest(secret, network.encode(), "sha256").hex()[:32]


def _network(host: str) -> str:
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host  # a socket of this machine has a path
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Network((address, _HOUSEHOLD_BITS), strict=False))
    return str(getattr(address, "ipv4_mapped", None) or address)
