"""The Lua scripts: what must happen in Redis as one step."""

from importlib.resources import files


def source(name: str) -> str:
    """Return the text of the script `<name>.lua`."""
    return files(__name__).joinpath(f"{name}.lua").read_text(encoding="utf-8")
