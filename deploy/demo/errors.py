"""What ends the demo before its end."""


class DemoFailed(Exception):
    """A scene did not show what it should, or a command or process failed."""


def expect(condition: bool, otherwise: str) -> None:
    """Raise DemoFailed, saying `otherwise`, unless the condition holds."""
    if not condition:
        raise DemoFailed(otherwise)
