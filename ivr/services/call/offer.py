"""A doubt is offered to the agent's side first, so that two people who talk are not interrupted.

Whoever watches the live feed for the agent may take it, and ask the caller in their own words; nothing is stored
meanwhile. Where nobody takes it in time, or whoever took it says nothing, the caller is asked by a prompt, as ever.
"""

from __future__ import annotations

import asyncio

from ivr.domain.hearing.verdict import Label
from ivr.services.call.context import LiveCall


class AgentOffer:
    """One per call."""

    def __init__(self, call: LiveCall) -> None:
        self._call = call
        self._taken = asyncio.Event()
        self._until = 0.0

    @property
    def due(self) -> bool:
        """Whether an agent is on the line, in a program that asks agents first."""
        return self._call.bridged and self._call.program.doubt_offer_s > 0

    @property
    def open(self) -> bool:
        """Whether the agent's side may still answer."""
        return self._call.deps.clock.monotonic() < self._until

    def take(self) -> None:
        """The agent asks the caller now, and has the time that a caller has to answer a prompt."""
        self._taken.set()

    async def lapsed(self, label: Label) -> None:
        """Offer the doubt, and return once the time of the agent's side is over. An answer cancels this."""
        program = self._call.program
        self._taken.clear()
        self._tell("doubt.offered", label, program.doubt_offer_s)
        try:
            async with asyncio.timeout(program.doubt_offer_s):
                await self._taken.wait()
        except TimeoutError:
            return
        self._tell("doubt.taken", label, program.doubt_timeout_s)
        await asyncio.sleep(program.doubt_timeout_s)

    def _tell(self, kind: str, label: Label, seconds: float) -> None:
        self._until = self._call.deps.clock.monotonic() + seconds
        self._call.publish(kind, label=label.value, deadline_s=seconds)
