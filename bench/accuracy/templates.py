"""Templates taken from real log entries: `{{name}}` stands for what was drawn at random.

A `.json` template is one JSON object a line, filled string by string, so that escapes are right; a string that is one placeholder takes
the value's own type, and disappears when there is no value. A `.txt` template is filled as it stands.
"""
import functools
import json
import pathlib
import re

ROOT = pathlib.Path(__file__).with_name("templates")
PLACEHOLDER = re.compile(r"\{\{([^{}]+)\}\}")


@functools.lru_cache(maxsize=None)
def load(name):
    path = ROOT / name
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".json":
        return "text", text.removesuffix("\n")
    objects = []
    for line in text.splitlines():
        spaced = re.match(r'\{"[^"]*": ', line) is not None
        objects.append((json.loads(line), (", ", ": ") if spaced else (",", ":")))
    return "json", objects


def exists(name):
    return (ROOT / name).exists()


def fill(text, value):
    return PLACEHOLDER.sub(lambda match: "" if (v := value(match[1])) is None else str(v), text)


GONE = object()


def fill_json(node, value):
    if isinstance(node, str):
        whole = PLACEHOLDER.fullmatch(node)
        if whole:
            found = value(whole[1])
            return GONE if found is None else found
        return fill(node, value)
    if isinstance(node, list):
        return [filled for item in node if (filled := fill_json(item, value)) is not GONE]
    if isinstance(node, dict):
        return {fill(key, value): filled for key, item in node.items() if (filled := fill_json(item, value)) is not GONE}
    return node


def render(name, value):
    """The template's physical lines; `value` gives what a placeholder stands for."""
    form, content = load(name)
    if form == "text":
        return fill(content, value).split("\n")
    return [json.dumps(fill_json(node, value), ensure_ascii=False, separators=separators) for node, separators in content]
