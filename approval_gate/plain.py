"""Plain values that are no JSON: their text tells all there is of them."""

import ipaddress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import PosixPath, PurePosixPath, PureWindowsPath, WindowsPath
from uuid import UUID

PLAIN = frozenset(
    {
        int,
        float,
        complex,
        Decimal,
        Fraction,
        date,
        datetime,
        time,
        timedelta,
        UUID,
        PosixPath,
        PurePosixPath,
        PureWindowsPath,
        WindowsPath,
        ipaddress.IPv4Address,
        ipaddress.IPv6Address,
        ipaddress.IPv4Network,
        ipaddress.IPv6Network,
    }
)
"""These very types: a class derived from one may keep more, and tell more."""
