"""What a sentence says for or against being recorded, and for or against being called: the sum of its negations.

Each verb has a direction (to refuse is against, to accept is for); negation and the verbs that govern it turn
it round. "je n'ai pas dit que je refusais l'enregistrement" turns twice and is for; "mon voisin refuse" is
someone else's affair. The result are a few words such as "REC against 1", which the classifier weighs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ivr.speech.intent.skeleton import Node

_AGAINST = frozenset({"REFUSE", "STOP", "REMOVE", "BOTHER", "SANS"})
_FOR = frozenset({"WANT", "ACCEPT", "LIKE", "PREFER"})
# These carry no direction, but a negation on them turns what they govern.
_NEUTRAL = frozenset({"ALLOWED", "SAID", "INTEREST", "SERVED"})
_SUBJECTS = {
    "REC": "REC",
    "RECU": "RECU",
    "RECX": "RECX",
    "KEEP": "KEEP",
    "LISTEN": "KEEP",
    "CONTACT": "CONTACT",
    "OFFER": "OFFER",
    "LIST": "LIST",
}
_REACH = 3


def _governors(nodes: Sequence[Node], k: int) -> list[Node]:
    """Return the verbs before `k` in its clause, nearest first."""
    found: list[Node] = []
    for j in range(k - 1, -1, -1):
        node = nodes[j]
        if node.pause in (".", "?") or node.kind in ("BUT", "OUI", "NON"):
            break
        if node.pause == "," and found:
            break
        if node.kind in ("OTHER", "RECX") and not found:
            break
        if node.kind in _AGAINST | _FOR | _NEUTRAL:
            found.append(node)
            if len(found) == _REACH:
                break
    return found


def _followers(nodes: Sequence[Node], k: int) -> list[Node]:
    """Return the first verb after `k` in its sentence: "l'enregistrement, je refuse"."""
    if nodes[k].pause in (".", "?"):
        return []
    for node in nodes[k + 1 : k + 3]:
        if node.kind in ("OTHER", "RECX", "BUT", "OUI"):
            return []
        if node.kind in _AGAINST | _FOR or node.kind == "NON":
            return [node]
        if node.pause in (".", "?", ","):
            return []
    return []


def _undergone(nodes: Sequence[Node], k: int) -> list[Node]:
    """Return what is done to the subject at `k` in a clause that hangs on a verb: "…qu'elle soit coupée"."""
    if nodes[k].pause or k + 1 >= len(nodes):
        return []
    after = nodes[k + 1]
    return [after] if after.kind in ("STOP", "REMOVE", "REFUSE") and after.form in ("", "p") else []


def _turns(nodes: Iterable[Node]) -> tuple[int, bool]:
    """Return how often the chain turns its subject round, and whether it takes a side at all."""
    turned, sided = 0, False
    for node in nodes:
        turned += node.negated
        sided = sided or node.negated
        if node.kind in _AGAINST or node.kind == "NON":
            turned += 1
            sided = True
        elif node.kind in _FOR:
            sided = True
    return turned, sided


def opposes_recording(nodes: Sequence[Node]) -> bool:
    """Tell whether the last thing said about recording is, by grammar alone, the speaker's own opposition.

    No question, no past, no condition. What grammar finds is at least asked about, whatever the classifier thinks.
    """
    said = [stance for stance in stances(nodes) if stance.startswith(("REC ", "last "))]
    if not said or not said[-1].startswith("last REC against") or said[-1].endswith("3"):
        return False
    if any(" asked" in stance or " past" in stance for stance in said):
        return False
    last = max(k for k, node in enumerate(nodes) if node.kind == "REC")
    return not any(node.kind in ("OUI", "TIERS", "RECX", "OTHER") for node in nodes[last + 1 :])


def stances(nodes: Sequence[Node]) -> list[str]:
    """Return the stances of a sentence, and its last one about recording as "last …"."""
    found: list[str] = []
    asked = any(node.pause == "?" or node.kind == "QUESTION" for node in nodes)
    last = ""
    for k, node in enumerate(nodes):
        subject = _SUBJECTS.get(node.kind)
        if subject is None:
            continue
        governors = _governors(nodes, k)
        chain = [*governors, *_undergone(nodes, k)] if governors else _followers(nodes, k)
        turned, sided = _turns(chain)
        turned += node.negated
        sided = sided or node.negated
        side = ("against" if turned % 2 else "for") if sided else "neither"
        who = next((g.who for g in reversed(governors) if g.who != "0"), chain[0].who if chain else node.who)
        condition = "if" if any(n.kind == "COND" for n in nodes[max(0, k - 3) : k]) else ""
        past = (
            "past" if any(g.form in ("t", "p") for g in (*chain, node)) or any(n.kind == "PAST" for n in nodes) else ""
        )
        found.append(f"{subject} {side}")
        found.append(f"{subject} {side} {who}")
        found.append(f"{subject} {side} {who} {condition} {past} {'asked' if asked else ''}")
        found.append(f"{subject} {side} {len(chain)} {'-'.join(g.name for g in chain[:2])}")
        if subject in ("REC", "CONTACT"):
            last = f"{subject} {side} {who}"
    kinds = {node.kind for node in nodes}
    if "RECX" in kinds and "REC" not in kinds:
        found.append("only RECX")
    if last:
        found.append(f"last {last}")
    return found
