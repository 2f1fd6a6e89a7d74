"""Which lines of a file are worth a look: found as bytes, long before anything is a tree."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Rows:
    """Line numbers, from 1, in order."""

    def __init__(self, numbers: Iterable[int] = ()) -> None:
        """Take the numbers, in any order."""
        self.numbers = sorted(set(numbers))

    def __bool__(self) -> bool:
        """Return whether there is any."""
        return bool(self.numbers)

    def touch(self, first: int, last: int) -> bool:
        """Return whether one lies from ``first`` to ``last``."""
        at = bisect_left(self.numbers, first)
        return at < len(self.numbers) and self.numbers[at] <= last

    def between(self, before: int, last: int) -> Rows:
        """Return those behind ``before`` up to ``last``, counted from there."""
        first, end = bisect_left(self.numbers, before + 1), bisect_left(self.numbers, last + 1)
        return Rows(n - before for n in self.numbers[first:end])


def holding(data: bytes, words: Iterable[bytes]) -> Rows:
    """Return the lines of ``data`` that hold one of ``words``; lines end as Python's do."""
    data = plain(data)
    places: list[int] = []
    for word in words:
        at = data.find(word)
        while at >= 0:
            places.append(at)
            at = data.find(word, at + len(word))
    numbers: list[int] = []
    line, before = 1, 0
    for at in sorted(places):
        line += data.count(b"\n", before, at)
        before = at
        numbers.append(line)
    return Rows(numbers)


def plain(data: bytes) -> bytes:
    """Return text whose lines all end with a line feed."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data
