"""The key with which the tests' ledgers are sealed; some make their own to have another."""

AUDIT_KEY = "0123456789abcdef0123456789abcdef"
