"""LZMA in plain Python: for a Python that was built without its ``lzma`` module.

Slow (about a second for the archive) and rarely needed: pyenv and hand-built Pythons lack the
module where the system's liblzma was not installed. Source: Igor Pavlov's "LZMA specification"
(public domain), the ``.lzma`` ("alone") format.
"""

from __future__ import annotations

from typing import Callable

_HEADER = 13
_NEW = 1 << 10  # a probability of one half, of 2048
_TOP = 1 << 24
_END = 0xFFFFFFFF

Bit = Callable[["list[int]", int], int]


def decode(data: bytes) -> bytes:  # noqa: C901, PLR0912, PLR0915 - one loop, as the specification has it
    """Return what ``data`` holds. Raises ValueError or IndexError when it is damaged."""
    lc, rest = data[0] % 9, data[0] // 9
    lp, pb = rest % 5, rest // 5
    size = int.from_bytes(data[5:_HEADER], "little")
    known = size != (1 << 64) - 1
    at, span = _HEADER + 5, 0xFFFFFFFF
    code = int.from_bytes(data[_HEADER + 1 : at], "big")

    def bit(odds: list[int], index: int) -> int:
        nonlocal at, span, code
        chance = odds[index]
        bound = (span >> 11) * chance
        if code < bound:
            span = bound
            odds[index] = chance + ((2048 - chance) >> 5)
            found = 0
        else:
            span -= bound
            code -= bound
            odds[index] = chance - (chance >> 5)
            found = 1
        if span < _TOP:
            span <<= 8
            code = code << 8 | data[at]
            at += 1
        return found

    def direct(count: int) -> int:
        nonlocal at, span, code
        value = 0
        for _ in range(count):
            span >>= 1
            one = code >= span
            code -= span if one else 0
            value = value << 1 | one
            if span < _TOP:
                span <<= 8
                code = code << 8 | data[at]
                at += 1
        return value

    literals = [_NEW] * (0x300 << (lc + lp))
    match, again, again0, again1, again2 = ([_NEW] * n for n in (192, 12, 12, 12, 12))
    long0, align, special = [_NEW] * 192, [_NEW] * 16, [_NEW] * 128
    slots = [[_NEW] * 64 for _ in range(4)]
    lengths, repeats = _Lengths(bit), _Lengths(bit)
    out = bytearray()
    state = rep0 = rep1 = rep2 = rep3 = 0
    while not known or len(out) < size:
        where = len(out) & ((1 << pb) - 1)
        if not bit(match, state << 4 | where):
            context = (len(out) & ((1 << lp) - 1)) << lc | (out[-1] if out else 0) >> (8 - lc)
            start, symbol = 0x300 * context, 1
            if state >= 7:  # noqa: PLR2004 - a literal after a match
                other = out[-rep0 - 1]
                while symbol < 0x100:  # noqa: PLR2004
                    expected = other >> 7 & 1
                    other <<= 1
                    found = bit(literals, start + ((1 + expected) << 8) + symbol)
                    symbol = symbol << 1 | found
                    if found != expected:
                        break
            while symbol < 0x100:  # noqa: PLR2004
                symbol = symbol << 1 | bit(literals, start + symbol)
            out.append(symbol & 0xFF)
            state = 0 if state < 4 else state - 3 if state < 10 else state - 6  # noqa: PLR2004
            continue
        after_literal = state < 7  # noqa: PLR2004
        if bit(again, state):
            if not bit(again0, state):
                if not bit(long0, state << 4 | where):
                    state = 9 if after_literal else 11
                    out.append(out[-rep0 - 1])
                    continue
            elif not bit(again1, state):
                rep0, rep1 = rep1, rep0
            elif not bit(again2, state):
                rep0, rep1, rep2 = rep2, rep0, rep1
            else:
                rep0, rep1, rep2, rep3 = rep3, rep0, rep1, rep2
            length = repeats.read(where)
            state = 8 if after_literal else 11
        else:
            rep1, rep2, rep3 = rep0, rep1, rep2
            length = lengths.read(where)
            state = 7 if after_literal else 10
            slot = _tree(bit, slots[min(length, 3)], 6)
            rep0 = slot
            if slot >= 4:  # noqa: PLR2004
                low = (slot >> 1) - 1
                rep0 = (2 | slot & 1) << low
                if slot < 14:  # noqa: PLR2004
                    rep0 += _reverse(bit, special, rep0 - slot, low)
                else:
                    rep0 += direct(low - 4) << 4
                    rep0 += _reverse(bit, align, 0, 4)
            if rep0 == _END:
                break
        if rep0 >= len(out):
            raise ValueError("damaged")
        for _ in range(length + 2):
            out.append(out[-rep0 - 1])
    return bytes(out)


class _Lengths:
    def __init__(self, bit: Bit) -> None:
        self._bit = bit
        self._choice = [_NEW] * 2
        self._low = [[_NEW] * 8 for _ in range(16)]
        self._middle = [[_NEW] * 8 for _ in range(16)]
        self._high = [_NEW] * 256

    def read(self, where: int) -> int:
        """Return a length, less 2."""
        if not self._bit(self._choice, 0):
            return _tree(self._bit, self._low[where], 3)
        if not self._bit(self._choice, 1):
            return 8 + _tree(self._bit, self._middle[where], 3)
        return 16 + _tree(self._bit, self._high, 8)


def _tree(bit: Bit, odds: list[int], count: int) -> int:
    found = 1
    for _ in range(count):
        found = found << 1 | bit(odds, found)
    return found - (1 << count)


def _reverse(bit: Bit, odds: list[int], start: int, count: int) -> int:
    found, value = 1, 0
    for position in range(count):
        one = bit(odds, start + found)
        found = found << 1 | one
        value |= one << position
    return value
