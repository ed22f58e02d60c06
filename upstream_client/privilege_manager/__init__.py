"""Delinea (Thycotic) Privilege Manager: approval requests for running programs with more rights."""

from upstream_client.privilege_manager.base_url import checked_base_url
from upstream_client.privilege_manager.client import PrivManClient
from upstream_client.privilege_manager.contract import Contract, ContractError

__all__ = ["Contract", "ContractError", "PrivManClient", "checked_base_url"]
