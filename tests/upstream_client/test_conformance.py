"""Every client passes the conformance suite, with a fake that is named in `tests.upstream_client.fakes`."""

from collections.abc import Iterator

import pytest

from slack_bot.config import UPSTREAMS
from tests.upstream_client.bench import PATIENT, Bench
from tests.upstream_client.conformance import Conformance
from tests.upstream_client.fakes import FAKES, Fake
from tests.upstream_client.front import Front
from upstream_client.base import Upstream


@pytest.fixture(scope="module", params=FAKES, ids=lambda fake: fake.__name__)
def fake(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fake]:
    kind: type[Fake] = request.param
    with kind.running(tmp_path_factory.mktemp(kind.name)) as running:
        yield running


@pytest.fixture(scope="module")
def front(fake: Fake) -> Iterator[Front]:
    with Front.running(fake.url) as running:
        yield running


@pytest.fixture
def bench(fake: Fake, front: Front) -> Bench:
    """Where nothing waits, and nothing was called."""
    fake.clear()
    front.calls.clear()
    return Bench(fake, front)


@pytest.fixture
def client(bench: Bench) -> Iterator[Upstream]:
    made = bench.client(PATIENT)
    yield made
    made.close()


def test_every_upstream_that_can_be_set_has_a_fake_here() -> None:
    assert {kind.name for kind in FAKES} == set(UPSTREAMS)


class TestConformance(Conformance):
    """As it stands there, for each fake."""
