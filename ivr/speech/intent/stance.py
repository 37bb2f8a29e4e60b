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
_SUBJECTS = {"REC": "REC", "RECU": "RECU", "RECX": "RECX", "KEEP": "KEEP", "LISTEN": "KEEP", "CONTACT": "CONTACT", "OFFER": "OFFER", "LIST": "LIST"}
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
        chain = governors or _followers(nodes, k)
        turned, sided = _turns(chain)
        turned += node.negated
        sided = sided or node.negated
        side = ("against" if turned % 2 else "for") if sided else "neither"
        who = next((g.who for g in reversed(governors) if g.who != "0"), chain[0].who if chain else node.who)
        condition = "if" if any(n.kind == "COND" for n in nodes[max(0, k - 3) : k]) else ""
        past = "past" if any(g.form in ("t", "p") for g in (*chain, node)) or any(n.kind == "PAST" for n in nodes) else ""
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
