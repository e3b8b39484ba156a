"""Lines of a text that is being rewritten, each with the number that it had when it was sent. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Lines:
    """`numbers[n]` is the line of the source (from 1) that `lines[n]` stands for, or the one before it."""

    lines: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, text: str, first: int = 1) -> Lines:
        """Of a text that begins at that line of its source."""
        lines = text.split("\n")
        return cls(lines, list(range(first, first + len(lines))))

    def add(self, line: str, number: int) -> None:
        """One more at the end."""
        self.lines.append(line)
        self.numbers.append(number)

    def extend(self, lines: list[str], numbers: list[int]) -> None:
        """Some more at the end."""
        self.lines += lines
        self.numbers += numbers

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def number(self, at: int) -> int:
        """Of the line at that index, as token.map has it; of the last one where there is none."""
        return self.numbers[min(at, len(self.numbers) - 1)] if self.numbers else 1
