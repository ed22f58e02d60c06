"""What the conformance suite asserts is told in full where it fails."""

import pytest

pytest.register_assert_rewrite("tests.upstream_client.conformance")
