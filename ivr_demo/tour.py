"""Directs the tour: four calls, each with what must be true at its end."""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from ivr.bootstrap.archive import open_archive
from ivr.bootstrap.installation import install
from ivr.bootstrap.node import Node
from ivr.domain.evidence.events.call import DisclosurePlayed, Reported
from ivr.domain.evidence.events.destruction import Certificate
from ivr.domain.evidence.events.objection import Barred, Objection
from ivr.domain.program.program import OBJECTION_KEY, Program, with_objection_key
from ivr.errors import IvrError
from ivr.settings import Settings, default_config_dir, load_settings
from ivr_demo.observed_calls import ObservedCall, ObservedCalls
from ivr_demo.softphone_process import SoftphoneProcess
from ivr_demo.view import View
from ivr_demo.voices import SpokenSentence, Voices

#: The tour's node stays on this machine and on free ports, whatever the configuration says.
_ON_LOOPBACK = {
    "IVR_NODE__LINES": "1",
    "IVR_NODE__EARS": "1",
    "IVR_SIP__BIND": "127.0.0.1",
    "IVR_SIP__PORT": "0",
    "IVR_SIP__PUBLIC_ADDRESS": "",
    "IVR_SIP__REGISTRAR__URI": "",
    "IVR_CONSOLE__ENABLED": "false",
}


class Tour:
    """One run of the tour on one node."""

    def __init__(self, settings: Settings, node: Node, calls: ObservedCalls, view: View, voices: Voices) -> None:
        self._settings = settings
        self._node = node
        self._calls = calls
        self._view = view
        self._voices = voices
        self.played: list[ObservedCall] = []

    async def run(self) -> None:
        await self._play(
            ObservedCall("membre", "1. Un adhérent appelle et ne s'oppose pas", "hotline-quality", "SEALED"),
            self._member,
        )
        await self._play(
            ObservedCall(
                "membre-conseiller",
                "2. Un adhérent, avec un conseiller, s'oppose au milieu d'une phrase",
                "hotline-quality",
                "DISCARDED",
            ),
            self._member_with_agent,
        )
        await self._play(
            ObservedCall(
                "prospect-voix", "3. Un prospect appelé par le moteur refuse à voix haute", "prospecting", "DISCARDED"
            ),
            self._prospect,
        )
        await self._play(refusal_by_dtmf(self._settings.programs["prospecting"]), self._prospect)

    # ---- the four calls

    async def _member(self, call: ObservedCall) -> None:
        said = self._voices.sentence(
            "Bonjour, j'ai déménagé le mois dernier, je voudrais changer mon adresse, s'il vous plaît."
        )
        async with SoftphoneProcess("--user", "adherent") as phone:
            await phone.call(self._node.uris[0])
            await self._calls.until("disclosure.completed")
            await self._calls.until("prompt.ended", prompt=self._settings.programs[call.program].prompts.menu)
            await self._say(phone, said)
            await self._calls.until("hearing.judged", final=True)
            await phone.hangup()
            await self._calls.until(Reported.kind)

    async def _member_with_agent(self, call: ObservedCall) -> None:
        agent_says = self._voices.sentence("Bonjour, service adhérents, que puis-je faire pour vous ?", pitch=0.8)
        objection = self._voices.sentence(
            "Bonjour, j'appelle pour mon remboursement, mais avant tout je m'oppose à l'enregistrement de cet appel.",
            then="Voilà, donc c'était pour mes lunettes, la facture date de septembre.",
        )
        answer = self._voices.sentence(
            "Très bien, je regarde votre dossier. La facture a bien été réglée mardi.", pitch=0.8
        )
        async with (
            SoftphoneProcess("--user", "conseiller", "--auto-answer") as agent,
            SoftphoneProcess("--user", "adherent") as phone,
        ):
            await self._node.set_agent(call.program, agent.uri)
            try:
                await phone.call(self._node.uris[0])
                await self._calls.until("agent.bridged")
                await self._say(agent, agent_says)
                ended = await self._say(phone, objection)
                noted = await self._calls.until("objection")
                self._latency(call, ended - (objection.seconds - objection.objection_ends_s), noted)
                await self._calls.until("recording.state", state="DISCARDED")
                spoken_on = await self._say(agent, answer)
                still_there = call.first("leg.disconnected") is None
                call.expect(still_there, "la conversation n'a pas continué après l'opposition")
                call.latency_ms["conversation_after_objection"] = (spoken_on - float(str(noted["acted_at"]))) * 1000
                await phone.hangup()
                await self._calls.until(Reported.kind)
                await agent.expect("disconnected")
            finally:
                await self._node.set_agent(call.program, "")

    async def _prospect(self, call: ObservedCall) -> None:
        refusal = self._voices.sentence(
            "Non merci, je refuse l'enregistrement, et je ne suis pas intéressé.", pitch=0.9
        )
        async with SoftphoneProcess("--user", self._fresh_number(), "--auto-answer") as phone:
            await self._node.place(phone.uri, call.program)
            await self._calls.until("disclosure.completed")
            await self._calls.until("recording.state", state="CAPTURING")
            if call.dtmf:
                await phone.press(call.dtmf)
                ended = float(str((await phone.expect("digit_sent"))["at"]))
            else:
                ended = await self._say(phone, refusal)
            noted = await self._calls.until("objection")
            self._latency(call, ended, noted)
            gone = await phone.expect("disconnected", timeout_s=30)
            call.latency_ms["objection_to_bye"] = (float(str(gone["at"])) - ended) * 1000
            report = await self._calls.until(Reported.kind)
            call.expect(report["ended_by"] == "engine", "le moteur n'a pas mis fin à l'appel")
            entry = call.first(Barred.kind)
            call.do_not_call = str(entry["entry"]) if entry else ""
            call.expect(bool(call.do_not_call), "pas d'inscription au registre « ne plus appeler »")

    # ---- around each call

    async def _play(self, call: ObservedCall, play: Callable[[ObservedCall], Awaitable[None]]) -> None:
        self.played.append(call)
        self._calls.begin(call)
        self._view.begin(call)
        try:
            await play(call)
        except IvrError as error:
            call.faults.append(str(error))
        await asyncio.to_thread(self._inspect, call)

    def _inspect(self, call: ObservedCall) -> None:
        """Look at what the call left behind, with the tools that an auditor has."""
        archive = open_archive(self._settings)
        try:
            report = next((row for row in archive.call_log.find(limit=50) if row.call_id == call.call_id), None)
            call.expect(report is not None, "aucun compte rendu d'appel")
            if report is None:
                return
            call.disposition = report.disposition
            call.evidence = [event.kind for event in archive.audit.events(call_id=call.call_id)]
            call.expect(report.recording_state == call.expected_state, f"état {report.recording_state}")
            call.expect(DisclosurePlayed.kind in call.evidence, "l'annonce n'est pas dans les preuves")
            call.recording = {"state": report.recording_state, "id": report.recording_id}
            if report.recording_id is None:
                return
            row = archive.vault.show(report.recording_id)
            stored = report.recording_id in archive.store.stored()
            call.recording.update(key="present" if row.has_key else "destroyed", file="present" if stored else "absent")
            if call.expected_state == "SEALED":
                discrepancies = archive.vault.verify([report.recording_id])
                call.expect(not discrepancies, discrepancies[0].fault if discrepancies else "")
                call.expect(row.deadline is not None, "pas d'échéance")
                call.recording.update(
                    verified=not discrepancies,
                    retention=row.tag.retention,
                    deadline=row.deadline.isoformat() if row.deadline else None,
                    duration_ms=row.sealed.duration_ms if row.sealed else 0,
                    size_bytes=row.sealed.size_bytes if row.sealed else 0,
                )
                self._view.note(f"relu et vérifié · {row.tag.retention} · à détruire le {row.deadline:%d/%m/%Y}")
            else:
                call.expect(not row.has_key and not stored, "la clé ou le fichier existe encore")
                call.expect(Objection.kind in call.evidence, "l'opposition n'est pas dans les preuves")
                call.expect(Certificate.kind in call.evidence, "pas de certificat de destruction")
                self._view.note("clé détruite, fichier absent, certificat inscrit dans les preuves")
        finally:
            archive.close()

    async def _say(self, phone: SoftphoneProcess, sentence: SpokenSentence) -> float:
        """Let somebody speak; returns the monotonic time at which their last word was sent."""
        self._view.note(f"« {sentence.text} »")
        await phone.speak(sentence.wav)
        spoke = await phone.expect("spoke", timeout_s=sentence.seconds + 10)
        return float(str(spoke["at"]))

    def _latency(self, call: ObservedCall, objection_ended_at: float, noted: dict[str, object]) -> None:
        call.latency_ms["objection_to_action"] = (float(str(noted["acted_at"])) - objection_ended_at) * 1000

    def _fresh_number(self) -> str:
        """A number of the range that Arcep reserves for fiction, not yet barred by an earlier tour."""
        archive = open_archive(self._settings)
        try:
            while True:
                number = f"+3363998{random.SystemRandom().randrange(10_000):04d}"
                if archive.do_not_call.bars(f"sip:{number}@127.0.0.1", scope="sales") is None:
                    return number
        finally:
            archive.close()


def refusal_by_dtmf(program: Program) -> ObservedCall:
    """The call in which a prospect presses the objection key of this program."""
    title = with_objection_key(f"4. Le même refus, par la touche {OBJECTION_KEY}", program.objection_key)
    return ObservedCall("prospect-touche", title, program.name, "DISCARDED", dtmf=program.objection_key)


async def run_tour(view: View) -> dict[str, object]:
    """Install what is missing, start a node, play the four calls, and return what happened as one object."""
    env = {**os.environ, **_ON_LOOPBACK}
    settings = load_settings(default_config_dir(env), env)
    began = time.monotonic()
    await asyncio.to_thread(install, settings)
    calls = ObservedCalls(view.show)
    with tempfile.TemporaryDirectory(prefix="ivr-tour-") as folder:
        voices = Voices(Path(folder))
        async with Node(settings, calls.take, env=env) as node:
            view.note(f"nœud prêt en {time.monotonic() - began:.1f} s : {node.uris[0]}")
            tour = Tour(settings, node, calls, view, voices)
            await tour.run()
    archive = await asyncio.to_thread(open_archive, settings)
    broken = archive.audit.verify()
    archive.close()
    places = {
        "enregistrements": settings.recording.store_dir,
        "base": settings.database.url,
        "clé": settings.keys.kek_file,
        "preuves": "chaîne intacte" if not broken else broken[0],
    }
    view.end(tour.played, places)
    return {
        "ok": all(call.ok for call in tour.played) and not broken,
        "calls": [call.as_dict() for call in tour.played],
        "audit": {"ok": not broken, "broken": broken},
        "data_dir": str(settings.node.data_dir),
    }
