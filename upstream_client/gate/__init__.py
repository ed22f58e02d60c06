"""The approval gate: tickets of programs that have no approval system of their own."""

from upstream_client.gate.client import GateClient

__all__ = ["GateClient"]
