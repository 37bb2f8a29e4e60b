"""How good a leg sounded, estimated from loss and delay: the E-model of ITU-T G.107, simplified.

R = R0 − Id − Ie,eff, where all that is not measured here has its default of G.107 table 2 (R0 − Is = 93.2, A = 0):
- Id = 0.024 d + 0.11 (d − 177.3) H(d − 177.3), with d the one-way delay in ms: the fit of Cole and Rosenbluth ("Voice
  over IP performance monitoring", ACM SIGCOMM Computer Communication Review 31(2), 2001) to G.107 with these defaults;
- Ie,eff = Ie + (95 − Ie) Ppl / (Ppl + Bpl), with Ppl the loss in per cent (G.107 equation 7-29, BurstR = 1: the loss
  counts as random), Ie and Bpl of the codec by G.113 appendix I.
MOS from R is annex B of G.107. It is an estimate for planning and for comparing lines: it knows no noise, no echo, no
bursts, and the concealment of G.113 is not that of every library.
"""

from __future__ import annotations

_BEST_R = 93.2
_LATE_MS = 177.3
_HIGHEST_MOS = 4.5
#: Ie and Bpl (G.113 appendix I) of G.711 with concealment of lost packets. What is not here has no estimate.
_CODECS = {"PCMA": (0.0, 25.1), "PCMU": (0.0, 25.1)}


def rating(codec: str, *, loss: float, delay_ms: float) -> float | None:
    """Return the rating R, 0 to 93.2; None for a codec of which no published figures are held here.

    `codec` is as SDP names it ("PCMA/8000"), `loss` the share of packets that were not heard (0…1), `delay_ms` the
    one-way delay from mouth to ear.
    """
    figures = _CODECS.get(codec.partition("/")[0].upper())
    if figures is None:
        return None
    impairment, robustness = figures
    lost_percent = 100 * min(1.0, max(0.0, loss))
    delay = 0.024 * max(0.0, delay_ms) + 0.11 * max(0.0, delay_ms - _LATE_MS)
    effective = impairment + (95 - impairment) * lost_percent / (lost_percent + robustness)
    return max(0.0, _BEST_R - delay - effective)


def mos_of(r: float) -> float:
    """Return the mean opinion score, 1 to 4.5, that a rating stands for (G.107 annex B)."""
    if r <= 0:
        return 1.0
    if r >= 100:
        return _HIGHEST_MOS
    return max(1.0, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6)


def estimate(codec: str, *, loss: float, delay_ms: float) -> float | None:
    """Return the estimated mean opinion score to two decimals; None as `rating`."""
    r = rating(codec, loss=loss, delay_ms=delay_ms)
    return None if r is None else round(mos_of(r), 2)
