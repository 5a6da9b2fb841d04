"""What the demo shows, and how."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

WIDTH = 118
LEAST_WIDTH = 100
MARK_WIDTH = 6


class Screen:
    """Scenes, the commands in them, and what they showed."""

    def __init__(self) -> None:
        console = Console(highlight=False, markup=False, emoji=False)
        console.width = min(WIDTH, console.width) if console.is_terminal else LEAST_WIDTH
        self.console = console
        self._began = time.monotonic()
        self._scenes = 0
        self._lock = threading.Lock()

    @property
    def seconds(self) -> float:
        """Since the demo began."""
        return time.monotonic() - self._began

    @contextmanager
    def scene(self, title: str, lead: str = "") -> Iterator[None]:
        """A scene: a heading, then a spinner while it runs."""
        self._scenes += 1
        self.console.print()
        self.console.rule(Text(f" {self._scenes}  {title} ", style="bold cyan"), align="left", style="cyan")
        if lead:
            self.console.print(Padding(Text(lead, style="italic"), (0, 0, 0, 2)))
        with self.console.status(Text(title, style="dim")):
            yield

    def command(self, who: str, command: str, seconds: float) -> None:
        """A command that was run, and how long it took."""
        prompt = Text(f"{who} $" if who else "$", style="bold green")
        took = Text(f"{seconds:.1f} s", style="dim cyan", no_wrap=True)
        self._line(prompt, Text(command, style="dim"), took)

    def shown(self, text: str) -> None:
        """Something that was seen to be so."""
        self._line(Text("✓", style="bold green"), Text(text))

    def _line(self, mark: Text, text: Text, end: Text | None = None) -> None:
        """A line in three columns; the middle one wraps."""
        grid = Table.grid(padding=(0, 1), expand=True)
        grid.add_column(width=MARK_WIDTH, justify="right")
        grid.add_column(ratio=1)
        grid.add_column(justify="right", no_wrap=True)
        grid.add_row(mark, text, end or Text())
        with self._lock:
            self.console.print(grid)

    def letter(self, heading: str, text: str) -> None:
        """Words of an officer."""
        body = Text(text)
        self.console.print(
            Padding(Panel(body, title=Text(heading), title_align="left", border_style="yellow"), (0, 2, 0, 4))
        )

    def show(self, renderable: RenderableType) -> None:
        """A table or panel."""
        self.console.print(renderable)

    def failed(self, explanation: str) -> None:
        """The demo ends here."""
        self.console.print()
        self.console.print(Text.assemble(("✗ The demo failed: ", "bold red"), explanation))

    def say(self, text: str) -> None:
        """A plain line after the last scene."""
        self.console.print()
        self.console.print(Text(text, style="bold"))

    def to_copy(self, commands: list[str]) -> None:
        """Commands, each on one line however long, so that they can be copied."""
        self.console.print()
        for command in commands:
            self.console.print(Text(f"  {command}"), soft_wrap=True)
