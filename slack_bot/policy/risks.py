"""Risks in their order. Pure."""

from upstream_client.models import Risk

LEVELS = (Risk.LOW, Risk.MEDIUM, Risk.HIGH, Risk.CRITICAL)


def counted_as(risk: Risk) -> Risk:
    """What a rule takes a risk for: nobody knows how bad it is where it is not rated, so it is medium."""
    return Risk.MEDIUM if risk is Risk.UNRATED else risk


def is_at_least(risk: Risk, floor: Risk) -> bool:
    """Whether a risk reaches up to another."""
    return LEVELS.index(counted_as(risk)) >= LEVELS.index(counted_as(floor))
