"""Plausible elevation requests for the demo and for trying things out."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import JsonValue

DOWNLOADS = "C:\\Users\\requester\\Downloads\\"
INSTALLERS = "Elevate installers on request"
TOOLS = "Elevate administrative tools"
UNSIGNED = "Unsigned programs need approval"


@dataclass(frozen=True)
class _Program:
    file: str
    product: str
    publisher: str
    version: str
    reason: str
    policy: str = INSTALLERS
    arguments: str = ""
    reputation: str = "Good Rating"


PROGRAMS = (
    _Program(
        DOWNLOADS + "Wireshark-4.4.2-x64.exe",
        "Wireshark",
        "Wireshark Foundation",
        "4.4.2",
        "I need to look at why the till loses its connection every afternoon.",
    ),
    _Program(
        DOWNLOADS + "Docker Desktop Installer.exe",
        "Docker Desktop",
        "Docker Inc.",
        "4.37.1",
        "New laptop: the build runs in containers.",
        arguments="install --quiet --accept-license",
    ),
    _Program(
        DOWNLOADS + "Git-2.47.1-64-bit.exe",
        "Git",
        "The Git Development Community",
        "2.47.1",
        "The version on this machine is too old for our repositories.",
        arguments="/SILENT /NORESTART",
    ),
    _Program(
        DOWNLOADS + "python-3.13.1-amd64.exe",
        "Python 3.13.1 (64-bit)",
        "Python Software Foundation",
        "3.13.1150.0",
        "The month-end scripts of accounting need it.",
        arguments="/quiet InstallAllUsers=1 PrependPath=1",
    ),
    _Program(
        "\\\\fileserver\\software\\Printers\\UniversalPrint\\Install.exe",
        "Universal Print Driver",
        "HP Inc.",
        "7.4.0.25991",
        "The printer on the second floor was replaced.",
        arguments="/h /dm",
    ),
    _Program(
        DOWNLOADS + "SSMS-Setup-ENU.exe",
        "SQL Server Management Studio",
        "Microsoft Corporation",
        "20.2.37.0",
        "I took over the reports and have to read the warehouse.",
        arguments="/install /passive",
    ),
    _Program(
        "C:\\Windows\\System32\\mmc.exe",
        "Microsoft Management Console",
        "Microsoft Windows",
        "10.0.22621.4391",
        "The docking station is not recognised, I want to update its driver.",
        policy=TOOLS,
        arguments="C:\\Windows\\System32\\devmgmt.msc",
    ),
    _Program(
        "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",
        "Windows PowerShell",
        "Microsoft Windows",
        "10.0.22621.4391",
        "Restart the spooler, jobs have been stuck since this morning.",
        policy=TOOLS,
        arguments='-NoProfile -Command "Restart-Service -Name Spooler -Force"',
    ),
    _Program(
        "C:\\Windows\\System32\\msiexec.exe",
        "Windows Installer",
        "Microsoft Windows",
        "5.0.22621.4391",
        "VPN client for the customer's network, ticket is approved.",
        arguments='/i "C:\\Users\\requester\\Downloads\\openvpn-connect-3.6.0.msi" /passive',
    ),
    _Program(
        DOWNLOADS + "vlc-3.0.21-win64.exe",
        "VLC media player",
        "VideoLAN",
        "3.0.21",
        "Training videos do not play in the browser.",
    ),
    _Program(
        DOWNLOADS + "setup (3).exe",
        "",
        "",
        "",
        "Codec for the meeting recording. The page said I need it.",
        policy=UNSIGNED,
        reputation="No rating",
    ),
    _Program(
        "D:\\measure\\calibrate.exe",
        "Calibration Suite",
        "",
        "1.8.0",
        "The vendor of the scale sent this; calibration is due on Friday.",
        policy=UNSIGNED,
        reputation="No rating",
    ),
    _Program("/usr/sbin/installer", "Installer", "Apple Inc.", "6.2.0", "Fonts for the brochure.", TOOLS),
)
COMPUTERS = ("WKS-0421", "WKS-0388", "LAP-1107", "LAP-1162", "POS-0017", "BUILD-03")
MAC = "MAC-0042"
WITHOUT_USER, WITHOUT_COMPUTER = 0.06, 0.06
"""How often the vendor's lists come without one, about; the rest of the request is there."""
EXPIRE_SECONDS = 20 * 60.0
"""The time-out of the vendor's ServiceNow process."""


def demo_requests(seed: int) -> Iterator[dict[str, JsonValue]]:
    """Endless arguments for `PrivilegeManager.file_request`; the same ones for the same ``seed``."""
    chance = random.Random(seed)  # noqa: S311 - it picks demo data, no secrets
    while True:
        for program in chance.sample(PROGRAMS, len(PROGRAMS)):
            yield _asked(program, chance)


def _asked(program: _Program, chance: random.Random) -> dict[str, JsonValue]:
    computer = MAC if program.file.startswith("/") else chance.choice(COMPUTERS)
    return {
        "user": "" if chance.random() < WITHOUT_USER else "ACME\\requester",
        "computer": "" if chance.random() < WITHOUT_COMPUTER else computer,
        "policy": program.policy,
        "file": program.file,
        "command_line": f'"{program.file}" {program.arguments}' if program.arguments else "",
        "process": program.file.replace("/", "\\").rsplit("\\", 1)[-1],
        "sha1": f"{chance.getrandbits(160):040x}",
        "publisher": program.publisher,
        "product": program.product,
        "version": program.version,
        "reputation": program.reputation,
        "reason": program.reason,
        "expires_in": EXPIRE_SECONDS,
    }
