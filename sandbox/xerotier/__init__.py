"""A Xerotier: what its vendor documents of approvals and webhooks, and a list as it most probably is.

Documented are the paths to approve and reject, that no body is read, the envelope of an event, how a delivery is
signed, repeated and given up, and the words for risks and events. The list, one approval, and what approve and
reject answer are documented nowhere in public.
"""

from sandbox.xerotier.instance import Xerotier

__all__ = ["Xerotier"]
